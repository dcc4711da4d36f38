import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OriginStream } from './origin-stream.ts';
import type { SimMember } from './sim-member.ts';
import { WholeReadings } from './whole-readings.ts';

const member = {} as SimMember;

function streamFrom(start: number, uses: readonly number[] = [0]): OriginStream {
  return { member, start, uses, first: start, position: start, target: start } as unknown as OriginStream;
}

/** A reading that was begun at 0 ms, and that a first stream has left at byte 100 at 1,000 ms. */
function readTo100(uses?: readonly number[]): WholeReadings {
  const readings = new WholeReadings();
  const stream = streamFrom(0, uses);
  assert.equal(readings.begin(member, stream, 0), 'begun');
  readings.end(stream, 100, false, 1000);
  return readings;
}

test('a later range goes on with the reading, over the same connection', () => {
  const stream = streamFrom(150);
  assert.equal(readTo100([0, 7]).begin(member, stream, 1000), 'goes-on');
  assert.deepEqual([stream.first, stream.uses], [100, [0, 7]]);
});

test('a range before it begins a reading at the first byte', () => {
  const stream = streamFrom(50);
  assert.equal(readTo100().begin(member, stream, 1000), 'begun');
  assert.equal(stream.first, 0);
});

test('a second range is told to wait while the first is being handed over', () => {
  const readings = readTo100();
  readings.begin(member, streamFrom(100), 1000);
  assert.equal(readings.begin(member, streamFrom(200), 1000), 'busy');
});

test('a reading that nobody wanted for ten seconds is gone', () => {
  assert.equal(readTo100().begin(member, streamFrom(100), 11_000), 'goes-on');
  assert.equal(readTo100().begin(member, streamFrom(100), 11_001), 'begun');
});

test('a reading that brings nothing is given up, however many have waited for it', () => {
  const readings = readTo100();
  for (const atMs of [1000, 11_000]) {
    const stream = streamFrom(100);
    assert.equal(readings.begin(member, stream, atMs), 'goes-on');
    readings.end(stream, 100, false, atMs + 10_000);
  }
  assert.equal(readings.begin(member, streamFrom(100), 21_000), 'begun');
});
