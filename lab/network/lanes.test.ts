import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { Lanes } from './lanes.ts';

const BODY = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));

/** Answers whatever it is asked with `BODY`. */
async function bodyServer(): Promise<{ port: number } & Disposable> {
  const server = createServer((socket) => {
    // Some clients leave in the middle.
    socket.on('error', () => {}).once('data', () => socket.end(BODY));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

function ask(lanes: Lanes): Socket {
  const socket = connect(lanes.port, '127.0.0.1').on('error', () => {});
  socket.write('ask');
  return socket;
}

test('a lane carries bytes unchanged, and none crawls unless one is to', async () => {
  using server = await bodyServer();
  await using lanes = await Lanes.open({ targetPort: server.port, bytesPerSecond: 50e6 });
  for (let number = 1; number <= 5; number++) assert.deepEqual(await buffer(ask(lanes)), BODY);
  assert.equal(lanes.count, 5);
  assert.equal(lanes.hasCrawled, false);
});

test('the fourth of eight crawls from the start: all others are done before it', async () => {
  using server = await bodyServer();
  const crawl = { afterBytes: 0, bytesPerSecond: 100 };
  await using lanes = await Lanes.open({ targetPort: server.port, bytesPerSecond: 50e6, crawl });
  const sockets: Socket[] = [];
  for (let number = 1; number <= 8; number++) {
    sockets.push(ask(lanes));
    await once(sockets.at(-1)!, 'connect');
  }
  const [crawler] = sockets.splice(3, 1);
  for (const body of await Promise.all(sockets.map((socket) => buffer(socket)))) assert.deepEqual(body, BODY);
  assert.equal(lanes.hasCrawled, true);
  assert.ok(crawler!.bytesRead < BODY.length);
  crawler!.destroy();
});

test('a crawl that begins on the way takes one that is open then, and what comes after is fast', async () => {
  using server = await bodyServer();
  const crawl = { afterBytes: 100_000, bytesPerSecond: 100 };
  await using lanes = await Lanes.open({ targetPort: server.port, bytesPerSecond: 50e6, crawl });
  const first = ask(lanes);
  let got = 0;
  const half = Promise.withResolvers<void>();
  first.on('data', (chunk: Buffer) => {
    got += chunk.length;
    if (got >= 100_000) half.resolve();
  });
  await half.promise;
  assert.deepEqual(await buffer(ask(lanes)), BODY);
  assert.equal(lanes.hasCrawled, true);
  assert.ok(got < BODY.length);
  first.destroy();
});
