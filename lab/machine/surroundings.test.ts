import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMachineTicks, shareOfOthers } from './surroundings.ts';

test('ticks in processes are user, nice and system; guests are not counted twice', () => {
  const stat = 'cpu  100 20 30 800 5 1 2 42 7 7\ncpu0 50 10 15 400 2 0 1 21 0 0\n';
  assert.deepEqual(parseMachineTicks(stat), { all: 1000, inProcesses: 150 });
});

test('what the lab did itself was not done by others', () => {
  const before = { all: 1000, inProcesses: 100 };
  assert.equal(shareOfOthers(before, { all: 1200, inProcesses: 200 }, 60), 0.2);
  assert.equal(shareOfOthers(before, { all: 1200, inProcesses: 159 }, 60), 0);
  assert.equal(shareOfOthers(before, before, 0), 0);
});
