import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { blocksIn, randomBlocks, SAMPLE_BYTES, samplesOf } from './block-samples.ts';
import { bytesIn, mergeRanges } from './ranges.ts';

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
        const windows = samplesOf(claims, (below) => Math.floor((dice.next().value ?? 0) * below));
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
  const windows = samplesOf([{ start: 0, end: size }], (below) => Math.floor(below / 2));
  for (let part = 0; part < 64; part++) {
    const [start, end] = [(part * size) / 64, ((part + 1) * size) / 64];
    assert.ok(windows.some((window) => window.start >= start && window.end <= end));
  }
});

test('nothing claimed is nothing to look at', () =>
  assert.deepEqual(
    samplesOf([], () => 0),
    [],
  ));

test('one block is taken of each of so many ranges, and less where a range is shorter', () => {
  const ranges = [
    { start: 10, end: 20 },
    { start: 1_000_000, end: 2_000_000 },
    { start: 3_000_000, end: 3_000_000 + SAMPLE_BYTES },
  ];
  for (const count of [0, 1, 2, 3, 5]) {
    const blocks = blocksIn(ranges, count, (below) => below - 1);
    assert.equal(blocks.length, Math.min(count, ranges.length));
    const within = blocks.map((block) =>
      ranges.findIndex((one) => one.start <= block.start && block.end <= one.end),
    );
    assert.equal(new Set(within).size, blocks.length);
    assert.ok(!within.includes(-1));
    for (const { start, end } of blocks) assert.ok(end > start && end - start <= SAMPLE_BYTES);
  }
});

test('random blocks are different ones, whole and within the file', () => {
  for (const sizeBytes of [1, SAMPLE_BYTES, SAMPLE_BYTES + 1, 100 * SAMPLE_BYTES]) {
    const blocks = randomBlocks(sizeBytes, 3, randomInt);
    assert.equal(blocks.length, Math.min(3, Math.ceil(sizeBytes / SAMPLE_BYTES)));
    assert.equal(new Set(blocks.map(({ start }) => start)).size, blocks.length);
    for (const { start, end } of blocks) assert.ok(start < end && end <= sizeBytes);
  }
  assert.deepEqual(randomBlocks(0, 3, randomInt), []);
});
