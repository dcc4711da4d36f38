import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimFailure } from '../checks/failure.ts';
import { SPEED } from '../scenario/kinds.ts';
import type { Batch, Failing } from './batch.ts';
import { excessesOf, unforgiven } from './verdict.ts';

function batchWith(slow: number): Batch {
  const remarks = Array.from({ length: slow }, (_, seed) => ({ seed, text: 'slow' }));
  const empty = { alone: 0, failures: [], wasteful: [], ratios: [], faults: new Map() };
  return { kind: { ...SPEED, slowShare: 0.2 }, worlds: 50, clean: 50, slow: remarks, ...empty };
}

const failing = (seed: number, isStuck: boolean): Failing => ({
  seed,
  failure: new SimFailure('bad', 0, { isStuck }),
});

test('a batch may have its share of slow worlds and no more', () => {
  assert.deepEqual(excessesOf(batchWith(10)), []);
  assert.deepEqual(excessesOf(batchWith(11)), ['11 of 50 worlds are slow; 10 may be']);
});

test('what is wrong is never forgiven', () => {
  const bad = [failing(9, false)];
  assert.deepEqual(unforgiven(bad, []), bad);
});

test('a fixed seed that gets stuck is not forgiven, a fresh one is', () => {
  const [fixed, fresh] = [failing(1, true), failing(9, true)];
  assert.deepEqual(unforgiven([fixed, fresh], [1]), [fixed]);
});

test('three fresh seeds that get stuck are not forgiven', () => {
  const bad = [7, 8, 9].map((seed) => failing(seed, true));
  assert.deepEqual(unforgiven(bad, [1]), bad);
});
