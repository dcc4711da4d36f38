import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/origin/collect.ts';
import { CONTENT, fetched, IDENTITY, SIZE, slice } from '../testing/origin/fetched.ts';
import { startOrigin } from '../testing/origin-server/origin-server.ts';
import { RateLimiter } from './limits/rate-limit.ts';
import { Origin } from './origin.ts';

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

test('who stops does not wait for a limit that what came has overdrawn', { timeout: 30_000 }, async () => {
  for (const looksFirst of [false, true]) {
    await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
    // What one read brings takes hours at this rate.
    const limiter = new RateLimiter(1);
    await using origin = new Origin(server.url(), { allowPrivate: true, limiter });
    if (looksFirst) await origin.probe();
    const stop = new AbortController();
    const onChunk = () => void setImmediate(() => stop.abort());
    const range = { start: 0, end: SIZE };
    const result = await origin.fetchRange(range, { identity: IDENTITY, onChunk, signal: stop.signal });
    assert.equal(result.outcome, 'stopped');
  }
});

test('what goes wrong with a chunk is told at once, whatever the limit', { timeout: 30_000 }, async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, limiter: new RateLimiter(1) });
  const onChunk = async () => {
    throw new Error('the disk is full');
  };
  await assert.rejects(
    origin.fetchRange({ start: 0, end: SIZE }, { identity: IDENTITY, onChunk }),
    /the disk is full/,
  );
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
