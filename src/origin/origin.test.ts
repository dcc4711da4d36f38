import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_FILE, collect } from '../../test/support/collect.ts';
import {
  contentSlice,
  type OriginFaults,
  type OriginFile,
  startOrigin,
} from '../../test/support/origin-server.ts';
import { Origin, type OriginOptions } from './origin.ts';
import { RateLimiter } from './rate-limit.ts';

const SIZE = 3_000_000;
const CONTENT = { seed: 'origin', sizeBytes: SIZE };
const IDENTITY = { sizeBytes: SIZE, etag: '"v1"', lastModified: 'Tue, 02 Jan 2024 03:04:05 GMT' };
const slice = (start: number, end: number) => contentSlice('origin', start, end);

/** Fetches one range of a file with faults, without a probe before it. */
async function fetched(
  file: Partial<OriginFile>,
  start: number,
  end: number | undefined,
  more: { options?: Partial<OriginOptions>; identity?: typeof ANY_FILE } = {},
) {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT, ...file } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, ...more.options });
  const result = await collect(origin, { start, end }, { identity: more.identity ?? IDENTITY });
  assert.equal(result.receivedBytes, result.bytes.length);
  assert.ok(
    result.bytes.equals(slice(start, start + result.bytes.length)),
    'the bytes are those of the file',
  );
  return result;
}

const faulty = (
  faults: OriginFaults,
  start: number,
  end: number | undefined,
  options?: Partial<OriginOptions>,
) => fetched({ faults }, start, end, options === undefined ? {} : { options });

test('a range is handed over whole and nothing more', async () => {
  const { outcome, bytes, sizeBytes, localAddress } = await fetched({}, 1_000_001, 2_500_000);
  assert.deepEqual(
    [outcome, bytes.length, sizeBytes, localAddress],
    ['complete', 1_499_999, SIZE, '127.0.0.1'],
  );
});

test('an open end goes to the end of the file', async () => {
  const { outcome, bytes } = await fetched({}, 2_000_000, undefined);
  assert.deepEqual([outcome, bytes.length], ['complete', 1_000_000]);
});

test('a range beyond the end of the file is complete at the end', async () => {
  const { outcome, bytes } = await fetched({}, 2_999_990, 4_000_000);
  assert.deepEqual([outcome, bytes.length], ['complete', 10]);
});

test('an empty range needs no request', async () => {
  const { outcome, bytes } = await fetched({ faults: { status: 404 } }, 10, 10);
  assert.deepEqual([outcome, bytes.length], ['complete', 0]);
});

test('one range after another goes over the same connection', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  await origin.probe();
  for (const start of [0, 1_000_000, 2_000_000]) await collect(origin, { start, end: start + 900_000 });
  assert.equal(server.requests.length, 4);
  assert.equal(new Set(server.requests.map((one) => one.clientPort)).size, 1);
});

test('a kept connection that has died meanwhile fails nothing', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  await Promise.all([1, 2, 3, 4].map((start) => collect(origin, { start, end: 100_000 })));
  server.dropConnections();
  assert.equal((await collect(origin, { start: 1, end: 10 })).outcome, 'complete');
});

test('a whole file of unknown length is complete when it ends, and tells its size', async () => {
  const stream = { ranges: false, length: false };
  const { outcome, bytes, sizeBytes } = await fetched(stream, 0, undefined, { identity: ANY_FILE });
  assert.deepEqual([outcome, bytes.length, sizeBytes], ['complete', SIZE, SIZE]);
});

test('a whole file where its first bytes were asked for is cut off at their end', async () => {
  const { outcome, bytes } = await fetched({ ranges: false }, 0, 1_000_000);
  assert.deepEqual([outcome, bytes.length], ['complete', 1_000_000]);
});

test('a whole file is never taken for a part of it', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: CONTENT, faults: { ignoreRange: true, times: 4 } } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const outcomes = [];
  for (let i = 0; i < 5; i++) {
    const { outcome, receivedBytes } = await collect(origin, { start: 5, end: 10 });
    outcomes.push([outcome, receivedBytes]);
  }
  // The fifth shows that an origin that comes to its senses is taken back.
  assert.deepEqual(outcomes, [
    ['broken', 0],
    ['broken', 0],
    ['refused', 0],
    ['refused', 0],
    ['complete', 5],
  ]);
});

test('a range that begins early is not taken', async () => {
  const { outcome, bytes } = await faulty({ earlyStartBytes: 300_000 }, 1_000_000, 1_500_000);
  assert.deepEqual([outcome, bytes.length], ['broken', 0]);
});

test('an origin that sends shorter parts than it was asked for is asked for the rest', async () => {
  for (const faults of [{ capBytes: 400_000 }, { capBytes: 400_000, hideTotal: true }]) {
    const { outcome, bytes } = await faulty(faults, 1_000_000, 2_900_000);
    assert.deepEqual([outcome, bytes.length], ['complete', 1_900_000]);
    const identity = ANY_FILE;
    const open = await fetched({ faults }, 1_000_000, undefined, { identity });
    assert.deepEqual([open.outcome, open.bytes.length, open.sizeBytes], ['complete', 2_000_000, SIZE]);
  }
});

test('an origin that sends crumbs is broken', async () => {
  const { outcome, bytes } = await faulty({ capBytes: 10 }, 1_000_000, 2_900_000);
  assert.deepEqual([outcome, bytes.length], ['broken', 10]);
});

test('ranges at the wrong place are not taken', async () => {
  for (const wrongContentRange of [
    'bytes 0-99/3000000',
    'bytes 101-200/3000000',
    'pages 100-199/3000000',
    '',
  ]) {
    const { outcome, bytes } = await faulty({ wrongContentRange }, 100, 200);
    assert.deepEqual([outcome, bytes.length], ['broken', 0], wrongContentRange);
  }
});

test('a range of a file of another size is refused', async () => {
  const { outcome, message, sizeBytes } = await faulty(
    { wrongContentRange: 'bytes 100-199/4000000' },
    100,
    200,
  );
  assert.deepEqual([outcome, sizeBytes], ['refused', 4_000_000]);
  assert.match(message ?? '', /changed/);
});

test('a file that was modified at another time is refused', async () => {
  const faults = { lastModified: 'Wed, 03 Jan 2024 03:04:05 GMT', etag: '"v2"' };
  const { outcome, message, bytes } = await faulty(faults, 100, 200);
  assert.deepEqual([outcome, bytes.length], ['refused', 0]);
  assert.match(message ?? '', /changed/);
});

test('compressed ranges are refused', async () => {
  const { outcome, message } = await faulty({ contentEncoding: 'gzip' }, 100, 200);
  assert.equal(outcome, 'refused');
  assert.match(message ?? '', /compresses/);
});

test('a range that does not exist any more is refused', async () => {
  const { outcome, message, sizeBytes } = await fetched({}, SIZE + 5, SIZE + 10);
  assert.deepEqual([outcome, sizeBytes], ['refused', SIZE]);
  assert.match(message ?? '', /changed/);
});

test('416 for a part that should be there is asked about again; when it stays there are no parts', async () => {
  const file = { content: CONTENT, faults: { status: 416, times: 1 } };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const ask = () => collect(origin, { start: 5, end: 10 }, { identity: IDENTITY });
  assert.deepEqual([(await ask()).outcome, (await ask()).outcome], ['broken', 'complete']);
  server.set('/f', { content: CONTENT, faults: { status: 416 } });
  assert.deepEqual([(await ask()).outcome, (await ask()).outcome], ['broken', 'broken']);
  const { outcome, error } = await ask();
  assert.deepEqual([outcome, error?.code], ['rangeless', 'origin-failed']);
});

test('a body that ends early is broken, and what came before counts', async () => {
  for (const file of [{}, { ranges: false }]) {
    const start = file.ranges === false ? 0 : 1000;
    const { outcome, bytes } = await fetched({ ...file, faults: { shortBody: 1000 } }, start, undefined);
    assert.deepEqual([outcome, bytes.length], ['broken', SIZE - start - 1000]);
  }
});

test('a chunked body that ends early in order is broken when the size is known', async () => {
  const { outcome, bytes } = await fetched(
    { ranges: false, length: false, faults: { shortBody: 1000 } },
    0,
    undefined,
  );
  assert.deepEqual([outcome, bytes.length], ['broken', SIZE - 1000]);
});

test('a connection that is reset is broken', async () => {
  const { outcome, message } = await faulty({ resetAfterBytes: 500_000 }, 0, SIZE);
  assert.equal(outcome, 'broken');
  assert.match(message ?? '', /broke off/);
});

test('an origin that stops sending is broken after the stall time', async () => {
  const { outcome, bytes, message } = await faulty({ stallAfterBytes: 500_000 }, 100, SIZE, {
    stallTimeoutMs: 50,
  });
  assert.deepEqual([outcome, bytes.length, message], ['broken', 500_000, 'The origin stopped sending.']);
});

test('an origin that never answers is broken after the time for headers', async () => {
  const { outcome, message } = await faulty({ silent: true }, 100, SIZE, { headersTimeoutMs: 20 });
  assert.equal(outcome, 'broken');
  assert.match(message ?? '', /in time/);
});

test('a refused connection is broken, a name that does not exist too', async () => {
  for (const url of ['http://127.0.0.1:1/f', 'http://nowhere.invalid/f']) {
    await using origin = new Origin(url, { allowPrivate: true });
    assert.equal((await collect(origin, { start: 1, end: 2 })).outcome, 'broken', url);
  }
});

test('an address of the inside is refused unless allowed', async () => {
  const { outcome, message } = await fetched({}, 1, 2, { options: { allowPrivate: false } });
  assert.equal(outcome, 'refused');
  assert.match(message ?? '', /private network/);
});

test('a busy origin says when to come again', async () => {
  for (const status of [429, 503]) {
    const { outcome, retryAfterMs } = await faulty({ status, retryAfter: '7' }, 1, 2);
    assert.deepEqual([outcome, retryAfterMs], ['busy', 7000]);
  }
});

test('connections beyond what an origin takes are busy and hurt no other', async () => {
  const file = { content: CONTENT, faults: { refuseAbove: 2 } };
  await using server = await startOrigin({ files: { '/f': file }, ratePerConnection: 20_000_000 });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const all = await Promise.all(
    [0, 1, 2].map((i) => collect(origin, { start: i * 1_000_000, end: (i + 1) * 1_000_000 })),
  );
  assert.deepEqual(all.map((one) => one.outcome).sort(), ['busy', 'complete', 'complete']);
});

test('no connection is kept on which an origin was too busy, nor an idle one beside it', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: CONTENT, faults: { status: 503, after: 1, times: 1 } } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  for (const expected of ['complete', 'busy', 'complete'])
    assert.equal((await collect(origin, { start: 0, end: 10 })).outcome, expected);
  const ports = server.requests.map(({ clientPort }) => clientPort);
  assert.equal(ports[1], ports[0]);
  assert.notEqual(ports[2], ports[0]);
});

test('statuses that pass are broken, those that stay are refused', async () => {
  for (const [status, expected] of [
    [500, 'broken'],
    [502, 'broken'],
    [408, 'broken'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
  ] as const) {
    const { outcome, message } = await faulty({ status }, 1, 2);
    assert.equal(outcome, expected);
    assert.match(message ?? '', new RegExp(`HTTP ${status}`));
  }
});

test('a transfer that is called off is stopped, before and after the answer', async () => {
  for (const faults of [{ silent: true }, { stallAfterBytes: 1000 }]) {
    await using server = await startOrigin({ files: { '/f': { content: CONTENT, faults } } });
    await using origin = new Origin(server.url(), { allowPrivate: true });
    const stop = new AbortController();
    const fetching = collect(origin, { start: 5, end: SIZE }, { signal: stop.signal });
    while ((server.requests.length === 0 || server.servedBytes() < 1000) && faults.silent !== true)
      await new Promise(setImmediate);
    stop.abort();
    assert.equal((await fetching).outcome, 'stopped');
    assert.equal(
      (await collect(origin, { start: 5, end: SIZE }, { signal: stop.signal })).outcome,
      'stopped',
    );
  }
});

test('disposing of an origin stops what is under way', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: CONTENT, faults: { stallAfterBytes: 10 } } },
  });
  const origin = new Origin(server.url(), { allowPrivate: true });
  const fetching = collect(origin, { start: 5, end: SIZE });
  await origin[Symbol.asyncDispose]();
  assert.equal((await fetching).outcome, 'stopped');
});

test('lowering the end on the way trims a transfer', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const range = { start: 1000, end: SIZE };
  let received = 0;
  const onChunk = (chunk: Buffer) => {
    received += chunk.length;
    range.end = 1_000_001;
    return undefined;
  };
  const result = await origin.fetchRange(range, { identity: IDENTITY, onChunk });
  assert.deepEqual([result.outcome, received], ['complete', 999_001]);
});

test('a promise holds the bytes back until it resolves, and the end waits for the last one', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, stallTimeoutMs: 50 });
  const chunks: Buffer[] = [];
  let busy = false;
  const onChunk = async (chunk: Buffer) => {
    assert.equal(busy, false, 'one chunk at a time');
    busy = true;
    const before = Buffer.from(chunk);
    // Longer than the stall time at the first chunk: being held up is not the origin's fault.
    await new Promise((resolve) => setTimeout(resolve, chunks.length === 0 ? 120 : 0));
    busy = false;
    assert.ok(chunk.equals(before), 'what is lent stays as it is');
    chunks.push(before);
  };
  const result = await origin.fetchRange({ start: 0, end: SIZE }, { identity: IDENTITY, onChunk });
  assert.equal(result.outcome, 'complete');
  assert.ok(Buffer.concat(chunks).equals(slice(0, SIZE)));
});

test('bytes of known length are lent from the read buffer, and the connection is used again', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const memory = new Set<ArrayBufferLike>();
  let chunks = 0;
  const onChunk = (chunk: Buffer) => {
    memory.add(chunk.buffer);
    chunks++;
    return undefined;
  };
  for (let i = 0; i < 3; i++)
    await origin.fetchRange({ start: 0, end: SIZE }, { identity: IDENTITY, onChunk });
  // What comes with the head of an answer goes through the parser, which copies it.
  assert.ok(memory.size <= 4 && chunks > 12, `${memory.size} pieces of memory for ${chunks} chunks`);
  assert.equal(new Set(server.requests.map((one) => one.clientPort)).size, 1);
});

test('a connection whose last bytes were held up is used again', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  let received = 0;
  const onChunk = async (chunk: Buffer) => {
    received += chunk.length;
    await new Promise(setImmediate);
  };
  for (let i = 0; i < 3; i++)
    await origin.fetchRange({ start: 0, end: SIZE }, { identity: IDENTITY, onChunk });
  assert.equal(received, 3 * SIZE);
  assert.equal(new Set(server.requests.map((one) => one.clientPort)).size, 1);
});

test('what goes wrong with the bytes is thrown as it is', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const full = new Error('disk full');
  const throwing = () => {
    throw full;
  };
  for (const onChunk of [throwing, () => Promise.reject(full)]) {
    await assert.rejects(origin.fetchRange({ start: 0, end: SIZE }, { identity: IDENTITY, onChunk }), full);
  }
});

test('all bytes go through the limiter', async () => {
  const limiter = new RateLimiter(1e9);
  let taken = 0;
  const take = limiter.take.bind(limiter);
  limiter.take = (bytes) => {
    taken += bytes;
    return take(bytes);
  };
  await fetched({}, 0, SIZE, { options: { limiter } });
  assert.equal(taken, SIZE);
});

test('a transfer waits for the limiter', async () => {
  const limiter = new RateLimiter(1);
  const fetching = fetched({}, 0, 100_000, { options: { limiter, stallTimeoutMs: 10 } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  limiter.setRate(undefined);
  assert.equal((await fetching).outcome, 'complete');
});

test('connections can be made from a given address of this machine', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, localAddress: '127.0.0.9' });
  assert.equal((await origin.probe()).localAddress, '127.0.0.9');
  assert.equal(server.requests[0]?.client, '127.0.0.9');
});
