import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitfield } from './bitfield.ts';
import { MAX_PIECES } from './geometry.ts';
import { toRuns } from './ranges.ts';

const SPAN = 300;
const anyRun = fc
  .tuple(fc.integer({ min: 0, max: SPAN }), fc.integer({ min: 0, max: SPAN }))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
const anyChanges = fc.array(
  fc.oneof(
    fc.record({ set: fc.boolean(), run: anyRun }),
    fc.record({ set: fc.boolean(), run: fc.nat(SPAN).map((piece) => ({ start: piece, end: piece + 1 })) }),
  ),
  { maxLength: 30 },
);

test('a bitfield holds the pieces that a plain set would hold', () => {
  fc.assert(
    fc.property(anyChanges, anyRun, (changes, range) => {
      const bits = new Bitfield();
      const naive = new Set<number>();
      for (const { set, run } of changes) {
        if (run.end - run.start === 1) {
          assert.equal(set ? bits.set(run.start) : bits.clear(run.start), set !== naive.has(run.start));
        } else if (set) bits.setRun(run);
        else bits.clearRun(run);
        for (let piece = run.start; piece < run.end; piece++) set ? naive.add(piece) : naive.delete(piece);
      }
      const pieces = [...naive].sort((a, b) => a - b);
      assert.deepEqual([...bits], pieces);
      assert.equal(bits.count, pieces.length);
      assert.deepEqual(bits.runs(), toRuns(pieces));
      for (let piece = 0; piece <= SPAN + 40; piece++) assert.equal(bits.has(piece), naive.has(piece));
      const inside = Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
      assert.equal(
        bits.firstMissing(range.start, range.end),
        inside.find((piece) => !naive.has(piece)),
      );
      assert.equal(
        bits.firstSet(range.start, range.end),
        inside.find((piece) => naive.has(piece)),
      );
    }),
    { numRuns: 500 },
  );
});

test('the last piece there may be fits, and the one after is refused', () => {
  const bits = new Bitfield([MAX_PIECES - 1]);
  assert.deepEqual(bits.runs(), [{ start: MAX_PIECES - 1, end: MAX_PIECES }]);
  assert.throws(() => bits.set(MAX_PIECES), RangeError);
  assert.throws(() => bits.setRun({ start: 0, end: MAX_PIECES + 1 }), RangeError);
  assert.equal(bits.count, 1);
});

for (const piece of [-1, 0.5, Number.NaN, 2 ** 32]) {
  test(`${piece} is never a piece`, () => {
    const bits = new Bitfield([0, 1]);
    assert.throws(() => bits.set(piece), RangeError);
    assert.throws(() => bits.clear(piece), RangeError);
    if (piece !== 0.5) assert.equal(bits.has(piece), false);
  });
}

test('what lies beyond the size of a bitfield is missing', () => {
  assert.equal(new Bitfield([0]).firstMissing(5000, 5001), 5000);
  assert.equal(new Bitfield([0]).firstSet(5000), undefined);
});

test('pieces may be taken out while they are visited', () => {
  const bits = new Bitfield([1, 2, 3, 31, 32, 64]);
  const seen: number[] = [];
  for (const piece of bits) {
    seen.push(piece);
    bits.clear(piece);
    bits.clear(3);
  }
  assert.deepEqual(seen, [1, 2, 31, 32, 64]);
  assert.equal(bits.count, 0);
});
