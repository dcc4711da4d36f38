import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ByteRange, intersectRanges, RangeSet, toRuns } from './ranges.ts';

const SPAN = 40;
const anyRange = fc
  .tuple(fc.integer({ min: 0, max: SPAN }), fc.integer({ min: 0, max: SPAN }))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
const anyChanges = fc.array(fc.record({ add: fc.boolean(), range: anyRange }), { maxLength: 40 });

function* numbersOf(range: ByteRange): Iterable<number> {
  for (let n = range.start; n < range.end; n++) yield n;
}

/** The same changes made to a range set and to a plain set of numbers. */
function build(changes: readonly { add: boolean; range: ByteRange }[]): [RangeSet, Set<number>] {
  const ranges = new RangeSet();
  const naive = new Set<number>();
  for (const { add, range } of changes) {
    if (add) ranges.add(range);
    else ranges.remove(range);
    for (const n of numbersOf(range)) add ? naive.add(n) : naive.delete(n);
  }
  return [ranges, naive];
}

test('a range set holds the numbers that a plain set would hold, in the fewest ranges', () => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      const [ranges, naive] = build(changes);
      const expected = toRuns([...naive].sort((a, b) => a - b));
      assert.deepEqual([...ranges], expected);
      assert.equal(ranges.total, naive.size);
      assert.equal(ranges.rangeCount, expected.length);
      assert.equal(ranges.isEmpty, naive.size === 0);
      assert.deepEqual(ranges.first, expected[0]);
      for (let n = 0; n <= SPAN; n++) assert.equal(ranges.has(n), naive.has(n));
    }),
    { numRuns: 1000 },
  );
});

test('questions about a range are answered as a plain set would answer them', () => {
  fc.assert(
    fc.property(anyChanges, anyRange, (changes, range) => {
      const [ranges, naive] = build(changes);
      const asked = [...numbersOf(range)];
      assert.equal(
        ranges.covers(range),
        asked.every((n) => naive.has(n)),
      );
      assert.equal(
        ranges.overlaps(range),
        asked.some((n) => naive.has(n)),
      );
      assert.deepEqual(ranges.gaps(range), toRuns(asked.filter((n) => !naive.has(n))));
      assert.deepEqual(ranges.firstGap(range), ranges.gaps(range)[0]);
      assert.deepEqual(ranges.intersect(range), toRuns(asked.filter((n) => naive.has(n))));
    }),
    { numRuns: 1000 },
  );
});

test('offsets beyond 32 bits are kept exactly', () => {
  const set = new RangeSet([{ start: 2 ** 40, end: 2 ** 40 + 7 }]);
  set.add({ start: 2 ** 40 + 7, end: 2 ** 45 });
  assert.deepEqual([...set], [{ start: 2 ** 40, end: 2 ** 45 }]);
  assert.equal(set.total, 2 ** 45 - 2 ** 40);
});

for (const [what, range] of Object.entries({
  'that ends before it starts': { start: 2, end: 1 },
  'with a fraction': { start: 0.5, end: 1 },
  'with a negative number': { start: -1, end: 1 },
  'that is not a number': { start: 0, end: Number.NaN },
  'without an end': { start: 0, end: Number.POSITIVE_INFINITY },
})) {
  test(`a range ${what} is refused and changes nothing`, () => {
    const set = new RangeSet([{ start: 0, end: 10 }]);
    for (const method of ['add', 'remove', 'covers', 'overlaps', 'gaps', 'intersect'] as const) {
      assert.throws(() => set[method](range), RangeError, method);
    }
    assert.deepEqual([...set], [{ start: 0, end: 10 }]);
  });
}

test('ranges that only touch have nothing in common', () => {
  assert.equal(intersectRanges({ start: 0, end: 5 }, { start: 5, end: 9 }), undefined);
  assert.deepEqual(intersectRanges({ start: 0, end: 6 }, { start: 5, end: 9 }), { start: 5, end: 6 });
});

test('consecutive pieces become one run', () => {
  assert.deepEqual(toRuns([0, 1, 1, 2, 5, 5, 7, 8]), [
    { start: 0, end: 3 },
    { start: 5, end: 6 },
    { start: 7, end: 9 },
  ]);
  assert.deepEqual(toRuns([]), []);
});

test('pieces out of order make no runs', () => {
  assert.throws(() => toRuns([3, 2]), RangeError);
  assert.throws(() => toRuns([3, 4, 3]), RangeError);
  assert.throws(() => toRuns([-1]), RangeError);
});
