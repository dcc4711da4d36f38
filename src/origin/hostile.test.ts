import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../testing/origin/collect.ts';
import { Origin } from './origin.ts';

const IDENTITY = { sizeBytes: 1000, etag: undefined, lastModified: undefined };
const PART = 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 100-199/1000\r\n';
const BODY = 'x'.repeat(100);

/** A server that sends the same bytes to everyone, whatever it is asked, and then ends as told. */
async function rawServer(bytes: string, end: 'close' | 'reset' | 'wait') {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      if (end === 'close') socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1', () => end === 'reset' && socket.resetAndDestroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/f`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answered(bytes: string, end: 'close' | 'reset' | 'wait', until = 200) {
  await using server = await rawServer(bytes, end);
  await using origin = new Origin(server.url, {
    allowPrivate: true,
    stallTimeoutMs: 100,
    headersTimeoutMs: 100,
  });
  return await collect(origin, { start: 100, end: until }, { identity: IDENTITY });
}

test('a sound answer is taken, however the server ends', async () => {
  for (const head of [
    `Content-Length: 100\r\n\r\n`,
    'Content-Length: 100\r\nConnection: close\r\n\r\n',
    '\r\n',
  ]) {
    for (const end of ['close', 'wait'] as const) {
      const { outcome, bytes } = await answered(`${PART}${head}${BODY}`, end);
      assert.deepEqual([outcome, bytes.length], ['complete', 100], `${head} ${end}`);
    }
  }
});

test('a part that goes on after the end of what was asked for is enough', async () => {
  for (const end of ['close', 'wait'] as const) {
    const { outcome, bytes } = await answered(`${PART}Content-Length: 100\r\n\r\n${BODY}`, end, 150);
    assert.deepEqual([outcome, bytes.length], ['complete', 50]);
  }
});

test('answers that break off or make no sense are broken, at once or after the time for it', async () => {
  const answers = [
    '',
    'HTTP/1.1',
    'HTTP/1.1 206 Partial Content\r\nContent-',
    `${PART}Content-Length: 100\r\n\r\n`,
    `${PART}Content-Length: 100\r\n\r\nxxx`,
    `${PART}Transfer-Encoding: chunked\r\n\r\nnonsense`,
    `${PART}Transfer-Encoding: chunked\r\n\r\n5\r\nxxxxx\r\nzz`,
    `${PART}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n`,
    `${PART}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`,
    `${PART}Content-Length: 100\r\nContent-Length: 101\r\n\r\n${BODY}`,
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
  ];
  for (const bytes of answers) {
    for (const end of ['close', 'reset', 'wait'] as const) {
      const { outcome } = await answered(bytes, end);
      assert.equal(outcome, 'broken', `${JSON.stringify(bytes)} ${end}`);
    }
  }
});

test('a body longer than it should be is not handed over', async () => {
  const long = await answered(`${PART}\r\n${BODY}${BODY}`, 'wait');
  assert.deepEqual([long.outcome, long.bytes.length], ['complete', 100]);
  const chunked = await answered(
    `${PART}Transfer-Encoding: chunked\r\n\r\nc8\r\n${BODY}${BODY}\r\n0\r\n\r\n`,
    'wait',
  );
  assert.deepEqual([chunked.outcome, chunked.bytes.length], ['complete', 100]);
});

test('no answer makes a transfer hang, throw, or hand over more than was asked for', async () => {
  const sound = `${PART}Content-Length: 100\r\n\r\n${BODY}`;
  const damage = fc.record({
    at: fc.integer({ min: 0, max: sound.length }),
    drop: fc.integer({ min: 0, max: 30 }),
    put: fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('\r\n', '\n', '\0', '-', '9'.repeat(30), 'bytes */5'),
    ),
    end: fc.constantFrom('close', 'reset'),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, drop, put, end }) => {
      const { outcome, receivedBytes } = await answered(
        sound.slice(0, at) + put + sound.slice(at + drop),
        end,
      );
      assert.ok(receivedBytes <= 100);
      assert.equal(outcome === 'complete', receivedBytes === 100);
    }),
    { numRuns: 200 },
  );
});
