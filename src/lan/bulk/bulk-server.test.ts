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
