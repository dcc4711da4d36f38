import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/origin/collect.ts';
import {
  contentSlice,
  type OriginFaults,
  type OriginFile,
  startOrigin,
} from '../testing/origin-server/origin-server.ts';
import { Origin } from './origin.ts';

const SIZE = 1_000_000;
const CONTENT = { seed: 'expired', sizeBytes: SIZE };
const PART = 100_000;

/** Ten ranges of a file that a probe has seen, so many at a time. */
async function inParts(file: Partial<OriginFile> & { faults: OriginFaults }, atOnce: number) {
  await using server = await startOrigin({ files: { '/f.zip': { content: CONTENT, ...file } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, retryDelayMs: 1 });
  const { identity } = await origin.probe();
  const results = [];
  for (let first = 0; first < SIZE; first += atOnce * PART) {
    const parts = Array.from({ length: atOnce }, async (_, i) => {
      const start = first + i * PART;
      const result = await collect(origin, { start, end: start + PART }, { identity });
      assert.ok(result.bytes.equals(contentSlice('expired', start, start + result.receivedBytes)));
      return result;
    });
    results.push(...(await Promise.all(parts)));
  }
  return { results, requests: server.requests };
}
const isAll = (outcome: string, results: readonly { outcome: string }[]) =>
  assert.deepEqual(new Set(results.map((one) => one.outcome)), new Set([outcome]));

for (const status of [401, 403, 404, 410]) {
  test(`${status} for a link that worked means that it has expired`, async () => {
    const { results } = await inParts({ faults: { status, after: 1 } }, 5);
    isAll('expired', results);
    for (const { error, message } of results) {
      assert.equal(error?.code, 'link-expired');
      assert.match(message ?? '', new RegExp(`HTTP ${status}`));
    }
  });

  test(`${status} once is asked about again, and no more`, async () => {
    const { results, requests } = await inParts({ faults: { status, after: 3, times: 1 } }, 1);
    isAll('complete', results);
    assert.equal(requests.length, 12);
  });
}

test('a page in the place of the file means that the link has expired, and no byte of it is used', async () => {
  const { results } = await inParts({ faults: { loginPage: true, after: 1 } }, 2);
  isAll('expired', results);
  assert.deepEqual(new Set(results.map(({ receivedBytes }) => receivedBytes)), new Set([0]));
  isAll('complete', (await inParts({ faults: { loginPage: true, after: 4, times: 1 } }, 2)).results);
});

test('a file that is a page itself does not expire by being one', async () => {
  const headers = { 'content-type': 'text/html' };
  const { results } = await inParts({ headers, faults: {} }, 2);
  isAll('complete', results);
});

test('all who wait for a link that stays expired hear so after one more look', async () => {
  const signed = { requests: 1, tokens: 1 };
  const { results, requests } = await inParts({ faults: { signed } }, 10);
  isAll('expired', results);
  const given = requests.filter(({ path, headers }) => path === '/f.zip' && headers.range !== 'bytes=0-0');
  // Whoever begins after the look asks for itself first: nobody asks more than twice.
  assert.ok(given.length <= 20, `${given.length} requests`);
});

test('links that serve few requests, or one, are resolved as often as it takes', async () => {
  for (const signed of [
    { requests: 3 },
    { requests: 1 },
    { requests: 1, expiredStatus: 410 },
    { requests: 2, expiredStatus: 200 },
  ])
    for (const atOnce of [1, 5]) {
      const { results } = await inParts({ faults: { signed } }, atOnce);
      isAll('complete', results);
    }
});

test('403 while other transfers of the file go on is a connection too many, and an expired link when none does', async () => {
  await using server = await startOrigin({
    files: { '/f.zip': { content: CONTENT, faults: { stallAfterBytes: 1000 } } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const { identity } = await origin.probe();
  const stop = new AbortController();
  const first = collect(origin, { start: 0, end: SIZE }, { identity, signal: stop.signal });
  while (server.servedBytes() < 1000) await new Promise(setImmediate);
  server.set('/f.zip', { content: CONTENT, faults: { status: 403 } });
  const second = await collect(origin, { start: 10, end: 20 }, { identity });
  assert.deepEqual([second.outcome, second.error?.code], ['busy', 'origin-refused']);
  stop.abort();
  await first;
  assert.equal((await collect(origin, { start: 10, end: 20 }, { identity })).outcome, 'expired');
});
