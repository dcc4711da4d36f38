import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostPauses } from './host-pauses.ts';

test('a pause holds for its host until it is over, and the longer one counts', () => {
  const pauses = new HostPauses();
  pauses.pause('a', 1000, 0);
  pauses.pause('a', 100, 0);
  assert.deepEqual([pauses.leftMs('a', 400), pauses.leftMs('a', 1000), pauses.leftMs('b', 0)], [600, 0, 0]);
});

test('pauses are forgotten when the network changes', () => {
  const pauses = new HostPauses();
  pauses.pause('a', 1000, 0);
  pauses.clear();
  assert.equal(pauses.leftMs('a', 0), 0);
});

test('any number of hosts needs little memory: what is over goes first, then the oldest', () => {
  const pauses = new HostPauses();
  pauses.pause('over', 10, 0);
  for (let i = 0; i < 3000; i++) pauses.pause(`host${i}`, 1000, 20);
  assert.equal(pauses.leftMs('host0', 20), 0);
  assert.equal(pauses.leftMs('host2999', 20), 1000);
  assert.equal(pauses.leftMs('over', 0), 0);
});
