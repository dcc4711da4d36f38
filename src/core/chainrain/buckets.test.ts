import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Buckets } from './buckets.ts';

test('buckets hold each piece at the level it was put last', () => {
  const change = fc.tuple(fc.nat(150), fc.option(fc.nat(4), { nil: undefined }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const buckets = new Buckets();
      const naive = new Map<number, number>();
      for (const [piece, level] of changes) {
        if (level === undefined) {
          buckets.delete(piece);
          naive.delete(piece);
        } else {
          buckets.put(piece, level);
          naive.set(piece, level);
        }
        assert.equal(buckets.size, naive.size);
        assert.equal(buckets.levelOf(piece), level);
      }
      for (let level = 0; level <= 5; level++) {
        const expected = [...naive].filter(([, at]) => at === level).map(([piece]) => piece);
        assert.deepEqual(new Set(buckets.at(level)), new Set(expected));
        assert.equal(buckets.at(level).length, expected.length);
      }
    }),
  );
});
