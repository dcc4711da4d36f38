import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, bytesIn, mergeRanges, samplesOf } from './block-samples.ts';

const WINDOW = 16 * 1024;
const ranges = fc
  .uniqueArray(fc.nat(2 ** 34), { minLength: 2, maxLength: 40 })
  .map((cuts) => cuts.toSorted((a, b) => a - b))
  .map((cuts) =>
    cuts.slice(0, -1).flatMap((start, at) => (at % 2 === 0 ? [{ start, end: cuts[at + 1]! }] : [])),
  );

test('samples lie in what is claimed, show its first and last bytes, and are at least eight where there is room', () => {
  fc.assert(
    fc.property(
      ranges,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (claims, dice) => {
        const windows = samplesOf(claims, () => dice.next().value ?? 0);
        assert.equal(windows[0]!.start, claims[0]!.start);
        assert.equal(windows.at(-1)!.end, claims.at(-1)!.end);
        for (const { start, end } of windows)
          assert.ok(claims.some((claim) => claim.start <= start && end <= claim.end));
        const total = bytesIn(claims);
        assert.ok(bytesIn(windows) >= Math.min(total, WINDOW));
        if (claims.length === 1 && total > 64 * 8 * WINDOW) {
          assert.ok(bytesIn(windows) >= 8 * WINDOW);
          assert.ok(bytesIn(windows) <= (64 + 17) * WINDOW);
        }
        assert.deepEqual(mergeRanges(windows), windows);
      },
    ),
  );
});

test('every part of a large claim is looked at', () => {
  const size = 2 ** 36;
  const windows = samplesOf([{ start: 0, end: size }], () => 0.5);
  for (let part = 0; part < 64; part++) {
    const [start, end] = [(part * size) / 64, ((part + 1) * size) / 64];
    assert.ok(windows.some((window) => window.start >= start && window.end <= end));
  }
});

test('nothing claimed is nothing to look at', () => assert.deepEqual(samplesOf([], Math.random), []));

test('one difference, or an answer of another length, is enough to disagree', async () => {
  const windows = Array.from({ length: 20 }, (_, at) => ({ start: at * 10, end: at * 10 + 5 }));
  const content = Buffer.alloc(200, 1);
  const here = async (start: number, end: number) => content.subarray(start, end);
  assert.equal(await agree(windows, here, here), true);
  for (const { start } of windows) {
    const other = Buffer.from(content);
    other[start + 4] = 2;
    assert.equal(await agree(windows, here, async (from, end) => other.subarray(from, end)), false);
  }
  assert.equal(await agree(windows, here, async (from, end) => content.subarray(from, end - 1)), false);
  await assert.rejects(
    agree(windows, here, () => Promise.reject(new Error('gone'))),
    { message: 'gone' },
  );
});
