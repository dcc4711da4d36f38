import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jain, median } from './stats.ts';

test('the median does not depend on the order', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 1, 2, 3]), 2.5);
  assert.throws(() => median([]), RangeError);
});

test('the index of Jain is 1 for equal shares and 1/n when one does it all', () => {
  assert.equal(jain([7, 7, 7]), 1);
  assert.equal(jain([9, 0, 0]), 1 / 3);
  assert.equal(jain([0, 0]), 1);
});
