import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairShare, type LeaseQuestion, latestSeconds, leaseBytes } from './sizing.ts';

const MIB = 1024 * 1024;
const usual: LeaseQuestion = {
  pieceBytes: MIB,
  freeBytes: 10_000 * MIB,
  rate: 10 * MIB,
  rateIsKnown: true,
  anyRateIsKnown: true,
  totalRate: 40 * MIB,
  isAlone: false,
  grants: 5,
};

test('a lease is worth three seconds', () => {
  assert.equal(leaseBytes(usual), 30 * MIB);
});

test('alone, leases are longer', () => {
  assert.equal(leaseBytes({ ...usual, isAlone: true }), 100 * MIB);
});

test('leases shrink to half of the fair share towards the end, but not below a quarter of a second', () => {
  assert.equal(leaseBytes({ ...usual, freeBytes: 80 * MIB }), 10 * MIB);
  assert.equal(leaseBytes({ ...usual, freeBytes: 2 * MIB }), 2.5 * MIB);
});

test('in a room of unknown rates the first leases double from 1 MiB', () => {
  const question = { ...usual, rateIsKnown: false, anyRateIsKnown: false };
  assert.deepEqual(
    [0, 1, 2, 30].map((grants) => leaseBytes({ ...question, grants }) / MIB),
    [1, 2, 4, 128],
  );
});

test('a newcomer among measured members is tried with half a second of their mean', () => {
  assert.equal(leaseBytes({ ...usual, rateIsKnown: false }), 5 * MIB);
});

test('a share evens out what two members have left', () => {
  assert.equal(fairShare({ leftBytes: 100, rate: 10 }, { leftBytes: 0, rate: 10 }), 50);
  assert.equal(fairShare({ leftBytes: 100, rate: 10 }, { leftBytes: 0, rate: 90 }), 90);
  assert.equal(fairShare({ leftBytes: 50, rate: 10 }, { leftBytes: 50, rate: 10 }), 0);
});

test('without others there is no latest time', () => {
  assert.equal(latestSeconds(1, Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  assert.equal(latestSeconds(10, 2), 10.5);
});
