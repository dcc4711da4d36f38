import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitShares } from './limit-shares.ts';

/** A part that remembers what it was told. */
function part() {
  const told: (number | undefined)[] = [];
  return { told, setLimit: (rate: number | undefined) => void told.push(rate) };
}

test('a limit is divided evenly, anew when there are more or fewer parts', () => {
  const shares = new LimitShares();
  const [one, other] = [part(), part()];
  shares.divide(100, [one]);
  shares.divide(100, [one, other]);
  shares.divide(100, [other]);
  assert.deepEqual(
    [one.told, other.told],
    [
      [100, 50],
      [50, 100],
    ],
  );
});

test('nobody is told what it has already, and without a limit nobody is told anything', () => {
  const shares = new LimitShares();
  const one = part();
  shares.divide(undefined, [one]);
  shares.divide(100, [one]);
  shares.divide(100, [one]);
  shares.divide(undefined, [one]);
  assert.deepEqual(one.told, [100, undefined]);
});
