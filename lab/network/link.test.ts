import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { Link } from './link.ts';

test('a link carries bytes unchanged in both directions and counts those towards the member', async () => {
  const body = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
  const origin = createServer((socket) => {
    socket.once('data', (asked) => socket.end(Buffer.concat([asked, body])));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  await using link = await Link.open((origin.address() as AddressInfo).port, 50e6);
  const member = connect(link.port, '127.0.0.1');
  member.write('ask:');
  const got = await buffer(member);
  assert.deepEqual(got, Buffer.concat([Buffer.from('ask:'), body]));
  assert.equal(link.carriedBytes, got.length);
  origin.close();
});

test('a link to nowhere closes the connection of its member', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  await using link = await Link.open(port, 1e6);
  const member = connect(link.port, '127.0.0.1');
  await once(member.resume(), 'close');
  assert.equal(link.carriedBytes, 0);
});
