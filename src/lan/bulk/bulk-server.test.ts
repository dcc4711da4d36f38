import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';
import { BulkServer } from './bulk-server.ts';

test('a member that asks for bytes and does not read them gives its place up', async () => {
  const released = Promise.withResolvers<void>();
  const bulk = new BulkServer({
    serve: () => ({ records: [], read: async () => {}, release: () => released.resolve() }),
    onReversed: () => false,
    blockMs: 20,
  });
  const port = createServer((socket) => {
    socket.on('error', () => {});
    bulk.adopt(socket, 'peer');
  }).listen(0, '127.0.0.1');
  await once(port, 'listening');
  const reader = connect((port.address() as AddressInfo).port, '127.0.0.1');
  reader.on('error', () => {}).pause();
  reader.write(`GET /v1/downloads/${DOWNLOAD} HTTP/1.1\r\nHost: m\r\nRange: bytes=0-1073741823\r\n\r\n`);
  await released.promise;
  const closed = once(reader, 'close');
  reader.resume();
  await closed;
  assert.ok(reader.bytesRead < 2 ** 30);
  port.close();
});

test('a pull of more than 1 GiB is refused before anything is looked up', async (t) => {
  const asked: number[] = [];
  const bulk = new BulkServer({
    serve: ({ start, end }) => {
      asked.push(end - start);
      return undefined;
    },
    onReversed: () => false,
  });
  const port = createServer((socket) => bulk.adopt(socket, 'peer')).listen(0, '127.0.0.1');
  t.after(() => port.close());
  await once(port, 'listening');
  const statusOf = async (range: string) => {
    const client = connect((port.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
    client.write(`GET /v1/downloads/${DOWNLOAD} HTTP/1.1\r\nHost: m\r\nRange: bytes=${range}\r\n\r\n`);
    const [head] = await once(client, 'data');
    client.destroy();
    return head.slice(0, 12);
  };
  assert.equal(await statusOf('5-1073741828'), 'HTTP/1.1 404');
  assert.equal(await statusOf('5-1073741829'), 'HTTP/1.1 416');
  assert.deepEqual(asked, [2 ** 30]);
});

test('whoever hangs up while it waits for its turn is known to be gone', async (t) => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const bulk = new BulkServer({
    serve: async (_request, gone) => {
      gone.addEventListener('abort', () => left.resolve());
      asked.resolve();
      await left.promise;
      return undefined;
    },
    onReversed: () => false,
  });
  const port = createServer((socket) => {
    socket.on('error', () => {});
    bulk.adopt(socket, 'peer');
  }).listen(0, '127.0.0.1');
  t.after(() => port.close());
  await once(port, 'listening');
  const client = connect((port.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.write(`GET /v1/downloads/${DOWNLOAD} HTTP/1.1\r\nHost: m\r\nRange: bytes=0-99\r\n\r\n`);
  await asked.promise;
  client.destroy();
  await left.promise;
});
