import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../testing/origin/collect.ts';
import { contentSlice, type OriginFaults, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';

const SIZE = 3_000_000;
const CONTENT = { seed: 'etags', sizeBytes: SIZE };
const IDENTITY = { sizeBytes: SIZE, etag: '"v1"', lastModified: undefined };
const slice = (start: number, end: number) => contentSlice('etags', start, end);

for (const lastModified of [null, 'Tue, 02 Jan 2024 03:04:05 GMT']) {
  test(`an ETag that stays another one is a change when there is nothing to compare: date ${lastModified}`, async () => {
    const file = { content: CONTENT, lastModified, faults: { changedEtagAfter: 0 } };
    await using server = await startOrigin({ files: { '/f': file } });
    await using origin = new Origin(server.url(), { allowPrivate: true });
    const identity = { ...IDENTITY, lastModified: lastModified ?? undefined };
    const outcomes = [];
    for (let i = 0; i < 3; i++) {
      const { outcome, error, receivedBytes } = await collect(origin, { start: 100, end: 200 }, { identity });
      outcomes.push([outcome, error?.code, receivedBytes]);
    }
    assert.deepEqual(outcomes, [
      ['broken', undefined, 0],
      ['broken', undefined, 0],
      ['refused', 'origin-changed', 0],
    ]);
  });
}

test('under an ETag that stays another one, bytes are compared with what is here', async () => {
  const file = { content: CONTENT, faults: { changedEtagAfter: 0 } };
  await using server = await startOrigin({ files: { '/f': file } });
  for (const seed of ['etags', 'old']) {
    await using origin = new Origin(server.url(), { allowPrivate: true });
    const bytes = contentSlice(seed, 1_000_000, 1_030_000);
    origin.compareWith({ read: async () => [{ start: 1_000_000, bytes }], isShared: false });
    const result = await collect(origin, { start: 0, end: 200_000 }, { identity: IDENTITY });
    if (seed === 'etags') assert.ok(result.bytes.equals(slice(0, 200_000)));
    else assert.deepEqual([result.error?.code, result.receivedBytes], ['origin-changed', 0]);
  }
});

test('what others bring is waited for, to be compared', async () => {
  const file = { content: CONTENT, faults: { changedEtagAfter: 0 } };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  let looks = 0;
  const here = [{ start: 0, bytes: slice(0, 30_000) }];
  origin.compareWith({ read: async () => (looks++ === 0 ? [] : here), isShared: true });
  assert.equal((await collect(origin, { start: 0, end: 200 }, { identity: IDENTITY })).outcome, 'complete');
});

test('servers that name one file by two ETags are told apart from a change when nothing of it is here', async () => {
  const file = { content: CONTENT, faults: { etag: '"edge"', every: 2 } };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const outcomes = [];
  for (let i = 0; i < 3; i++) {
    const range = { start: 500_000, end: 600_000 };
    outcomes.push((await collect(origin, range, { identity: IDENTITY })).outcome);
  }
  assert.ok(outcomes.includes('complete') && !outcomes.includes('refused'), outcomes.join());
});

test('without ranges the beginning of the whole file is compared', async () => {
  const file = { content: CONTENT, ranges: false };
  for (const [seed, outcome] of [
    ['etags', 'complete'],
    ['new', 'refused'],
  ] as const) {
    const faults = { etag: '"edge"', changedContent: { seed, sizeBytes: SIZE }, after: 2 };
    await using server = await startOrigin({ files: { '/f': { ...file, faults } } });
    await using origin = new Origin(server.url(), { allowPrivate: true });
    const { identity } = await origin.probe();
    await collect(origin, { start: 0, end: 1_000_000 }, { identity });
    const again = await collect(origin, { start: 0, end: SIZE }, { identity });
    assert.equal(again.outcome, outcome);
    assert.equal(again.receivedBytes, outcome === 'complete' ? SIZE : 0);
  }
});

/** Fetches ranges one after the other, from servers of which every second one has another ETag, and all one time of change. */
async function ofTwoServers(other: OriginFaults) {
  const file = { content: CONTENT, faults: { after: 2, every: 2, ...other } };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const { identity } = await origin.probe();
  const results = [];
  for (let start = 0; start < SIZE; start += 500_000) {
    const result = await collect(origin, { start, end: start + 500_000 }, { identity });
    assert.ok(result.bytes.equals(slice(start, start + result.bytes.length)), 'only bytes of the file');
    results.push(result);
  }
  return { results, server };
}

test('servers that name one file by two ETags are told apart from a change by their bytes', async () => {
  const { results, server } = await ofTwoServers({ etag: '"edge"' });
  assert.deepEqual(
    results.map(({ outcome, receivedBytes }) => [outcome, receivedBytes]),
    Array(6).fill(['complete', 500_000]),
  );
  assert.ok(server.servedBytes() < SIZE + 6 * 64 * 1024 + 500_000, 'little is fetched to compare');
});

test('a new file of the same size under another ETag is found by its bytes', async () => {
  const { results } = await ofTwoServers({
    etag: '"edge"',
    changedContent: { seed: 'new', sizeBytes: SIZE },
  });
  const failed = results.filter(({ outcome }) => outcome !== 'complete');
  assert.ok(failed.length > 0 && failed.every(({ receivedBytes }) => receivedBytes === 0));
  assert.deepEqual(new Set(failed.map(({ error }) => error?.code)), new Set(['origin-changed']));
});

test('an origin with a new ETag for each answer is believed by its bytes', async () => {
  const etags = Array.from({ length: 40 }, (_, i) => ({ etag: `"${i}"`, after: i, times: 1 }));
  const file = { content: CONTENT, lastModified: null, faults: etags };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const { identity } = await origin.probe({ take: true });
  for (const [start, end] of [
    [0, 1_000_000],
    [1_000_000, 2_000_000],
    [2_000_000, SIZE],
  ] as const) {
    const { outcome, bytes } = await collect(origin, { start, end }, { identity });
    assert.equal(outcome, 'complete');
    assert.ok(bytes.equals(slice(start, end)));
  }
  assert.ok(server.requests.length < 20, `${server.requests.length} requests`);
});
