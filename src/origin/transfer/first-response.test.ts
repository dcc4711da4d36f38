import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../testing/origin/collect.ts';
import { startRaw } from '../../testing/origin/raw-server.ts';
import { contentSlice, type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { RateLimiter } from '../limits/rate-limit.ts';
import { Origin, type OriginOptions } from '../origin.ts';

const SMALL = { seed: 'small', sizeBytes: 200_000 };
const LARGE = { seed: 'large', sizeBytes: 5_000_000 };
const bytesOf = ({ seed, sizeBytes }: typeof SMALL) => contentSlice(seed, 0, sizeBytes);
const open = (url: string, more: Partial<OriginOptions> = {}) =>
  new Origin(url, { allowPrivate: true, retryDelayMs: 1, ...more });

/** What a probe takes along. */
async function taken(file: OriginFile) {
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = open(server.url());
  const probe = await origin.probe({ take: true });
  return { probe, requests: server.requests.length };
}

test('a small file comes whole with the answer to the probe, whatever the origin knows', async () => {
  for (const more of [{}, { ranges: false }, { ranges: false, length: false }]) {
    const { probe, requests } = await taken({ content: SMALL, ...more });
    assert.ok(probe.whole?.equals(bytesOf(SMALL)), JSON.stringify(more));
    assert.equal(requests, 1);
  }
});

test('an empty file comes whole too', async () => {
  for (const more of [{}, { ranges: false }]) {
    const { probe } = await taken({ content: Buffer.alloc(0), ...more });
    assert.equal(probe.whole?.length, 0);
  }
});

test('a file of 1 MiB is small, one of a byte more is not', async () => {
  const content = (sizeBytes: number) => ({ content: { seed: 'edge', sizeBytes } });
  assert.equal((await taken(content(1024 * 1024))).probe.whole?.length, 1024 * 1024);
  assert.equal((await taken(content(1024 * 1024 + 1))).probe.whole, undefined);
  assert.equal(
    (await taken({ ...content(1024 * 1024 + 1), ranges: false, length: false })).probe.whole,
    undefined,
  );
});

test('a look that is called off does not wait for the rest of a small file', {
  timeout: 30_000,
}, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const [faults, rate] of [
    [{ stallAfterBytes: 1000 }, undefined],
    [{}, 1],
  ] as const) {
    await using server = await startOrigin({ files: { '/f': { content: SMALL, faults } } });
    const stop = new AbortController();
    const limiter = new RateLimiter(rate);
    const take = (bytes: number, signal?: AbortSignal) => {
      setImmediate(() => stop.abort());
      return limiter.take(bytes, signal);
    };
    await using origin = open(server.url(), { limiter: { bytesPerSecond: rate, take } });
    const looking = origin.probe({ take: true, signal: stop.signal });
    await assert.rejects(looking, { code: 'aborted' });
  }
});

test('what is not the whole file is never taken for it', async () => {
  for (const faults of [
    { shortBody: 100 },
    { resetAfterBytes: 50_000 },
    { capBytes: 100_000 },
    { longBody: 10 },
  ])
    for (const ranges of [true, false]) {
      const { probe } = await taken({ content: SMALL, ranges, faults });
      const isWhole = probe.whole === undefined || probe.whole.equals(bytesOf(SMALL));
      assert.ok(isWhole, JSON.stringify({ faults, ranges }));
    }
});

test('a file that comes compressed though nobody asked for that is taken without its coding, and never in parts', async () => {
  for (const ranges of [true, false])
    for (const faults of [{ gzip: true }, { contentEncoding: 'gzip' }]) {
      const { probe } = await taken({ content: SMALL, ranges, faults });
      assert.equal(probe.ranges, false);
      assert.ok(probe.whole === undefined || probe.whole.equals(bytesOf(SMALL)), JSON.stringify(faults));
    }
});

test('without being told to take, a probe takes nothing', async () => {
  await using server = await startOrigin({ files: { '/f': { content: SMALL } } });
  await using origin = open(server.url());
  assert.equal((await origin.probe()).whole, undefined);
  assert.equal(server.servedBytes(), 1);
});

test('the answer to the probe of a large file is used by the transfer that starts at its first byte', async () => {
  for (const ranges of [true, false]) {
    await using server = await startOrigin({ files: { '/f': { content: LARGE, ranges } } });
    await using origin = open(server.url());
    const { identity, whole } = await origin.probe({ take: true });
    assert.equal(whole, undefined);
    const { outcome, bytes } = await collect(origin, { start: 0, end: LARGE.sizeBytes }, { identity });
    assert.equal(outcome, 'complete');
    assert.ok(bytes.equals(bytesOf(LARGE)));
    assert.equal(server.duplicateBytes(), 0);
    assert.equal(server.requests.length, ranges ? 2 : 1, 'of ranges, the first MiB came with the probe');
    assert.equal(new Set(server.requests.map(({ clientPort }) => clientPort)).size, 1);
  }
});

test('a URL that answers only once is enough', async () => {
  const file = { content: LARGE, faults: [{ ignoreRange: true }, { status: 410, after: 1 }] };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  const { outcome, bytes } = await collect(origin, { start: 0, end: undefined }, { identity });
  assert.equal(outcome, 'complete');
  assert.ok(bytes.equals(bytesOf(LARGE)));
});

test('a range that ends sooner gets no more than it wants, also when its end is lowered on the way', async () => {
  for (const [end, ranges] of [10, 70_000, 1_000_000, 1_048_576, 2_000_000].flatMap(
    (end) =>
      [
        [end, true],
        [end, false],
      ] as const,
  )) {
    await using server = await startOrigin({ files: { '/f': { content: LARGE, ranges } } });
    await using origin = open(server.url());
    const { identity } = await origin.probe({ take: true });
    const range = { start: 0, end: 4_000_000 };
    const chunks: Buffer[] = [];
    const onChunk = (chunk: Buffer) => {
      chunks.push(Buffer.from(chunk));
      range.end = end;
      return undefined;
    };
    range.end = Math.max(end, 5);
    const result = await origin.fetchRange(range, { identity, onChunk });
    assert.deepEqual([result.outcome, result.receivedBytes], ['complete', end]);
    assert.ok(Buffer.concat(chunks).equals(contentSlice(LARGE.seed, 0, end)));
  }
});

test('an answer that breaks off while it is kept costs a second request and nothing else', async () => {
  const file = { content: LARGE, faults: { resetAfterBytes: 0, times: 1 } };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  const { outcome } = await collect(origin, { start: 0, end: 1_000_000 }, { identity });
  assert.equal(outcome, 'complete');
});

test('what a kept answer breaks off at is told, and counts', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: LARGE, ranges: false, faults: { shortBody: 1_000_000 } } },
  });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  const { outcome, bytes } = await collect(origin, { start: 0, end: LARGE.sizeBytes }, { identity });
  assert.deepEqual([outcome, bytes.length], ['broken', 4_000_000]);
  assert.ok(bytes.equals(contentSlice(LARGE.seed, 0, 4_000_000)));
});

test('a transfer from elsewhere leaves the kept answer alone', async () => {
  await using server = await startOrigin({ files: { '/f': { content: LARGE } } });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  assert.equal((await collect(origin, { start: 5, end: 10 }, { identity })).outcome, 'complete');
  assert.equal((await collect(origin, { start: 0, end: 10 }, { identity })).outcome, 'complete');
  assert.equal(server.requests.length, 2);
});

test('a transfer of another file does not get the kept answer', async () => {
  await using server = await startOrigin({ files: { '/f': { content: LARGE, ranges: false } } });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  const other = { ...identity, sizeBytes: 4_000_000 };
  const { outcome, bytes } = await collect(origin, { start: 0, end: 100 }, { identity: other });
  assert.deepEqual([outcome, bytes.length], ['refused', 0]);
});

test('a transfer over a kept answer is stopped like any other, and disposing ends it', async () => {
  const file = { content: LARGE, ranges: false, faults: { stallAfterBytes: 1_500_000 } };
  for (const how of ['signal', 'dispose'] as const) {
    await using server = await startOrigin({ files: { '/f': file } });
    const origin = open(server.url());
    const { identity } = await origin.probe({ take: true });
    const stop = new AbortController();
    let received = 0;
    const fetching = origin.fetchRange(
      { start: 0, end: LARGE.sizeBytes },
      {
        identity,
        signal: stop.signal,
        onChunk: (chunk) => {
          received += chunk.length;
          return undefined;
        },
      },
    );
    while (received < 1_500_000) await new Promise(setImmediate);
    if (how === 'signal') stop.abort();
    else await origin[Symbol.asyncDispose]();
    assert.deepEqual(await fetching, { ...(await fetching), outcome: 'stopped', receivedBytes: 1_500_000 });
    await origin[Symbol.asyncDispose]();
  }
});

test('an error while held bytes are taken is thrown as it is', async () => {
  await using server = await startOrigin({ files: { '/f': { content: LARGE, ranges: false } } });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  const full = new Error('disk full');
  const onChunk = () => Promise.reject(full);
  await assert.rejects(origin.fetchRange({ start: 0, end: LARGE.sizeBytes }, { identity, onChunk }), full);
});

test('a change of network drops the kept answer', async () => {
  await using server = await startOrigin({ files: { '/f': { content: LARGE, ranges: false } } });
  await using origin = open(server.url());
  const { identity } = await origin.probe({ take: true });
  origin.networkChanged();
  assert.equal((await collect(origin, { start: 0, end: 10 }, { identity })).outcome, 'complete');
  assert.equal(server.requests.length, 2);
});

test('a body that goes on after the end of a small file is not taken', async () => {
  const head = 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\n';
  await using raw = await startRaw([`${head}\r\n0123456789and more`]);
  await using origin = open(`http://127.0.0.1:${raw.port}/f`);
  assert.equal((await origin.probe({ take: true })).whole, undefined);
});
