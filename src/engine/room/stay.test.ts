import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST_STAY_MS, Stay } from './stay.ts';

const HOST = { awaits: { members: 1, forMs: HOST_STAY_MS }, stay: false, leave: false };
const JOINER = { awaits: undefined, stay: false, leave: false };

test('a joiner stays for members that need it, and leaves when nobody does', () => {
  const stay = new Stay(JOINER);
  assert.deepEqual(stay.look({ seen: () => 2, neededIdleMs: 0 }, 0), { for: 'members' });
  assert.equal(stay.look({ seen: () => 2, neededIdleMs: undefined }, 1), undefined);
});

test('a host waits ten minutes from its own end for the first to come', () => {
  const stay = new Stay(HOST);
  const nobody = { seen: () => 0, neededIdleMs: undefined };
  assert.deepEqual(stay.look(nobody, 5_000), { for: 'joiners', untilMs: 605_000 });
  assert.deepEqual(stay.look(nobody, 604_999), { for: 'joiners', untilMs: 605_000 });
  assert.equal(stay.look(nobody, 605_000), undefined);
});

test('a host to which somebody came leaves when everybody present is done', () => {
  const stay = new Stay(HOST);
  assert.deepEqual(stay.look({ seen: () => 1, neededIdleMs: 0 }, 0), { for: 'members' });
  assert.equal(stay.look({ seen: () => 1, neededIdleMs: undefined }, 1), undefined);
});

test('a joiner waits a minute for members that make no progress', () => {
  const stay = new Stay(JOINER);
  assert.deepEqual(stay.look({ seen: () => 2, neededIdleMs: 59_999 }, 0), { for: 'members' });
  assert.equal(stay.look({ seen: () => 2, neededIdleMs: 60_000 }, 1), undefined);
});

test('a host waits for members that make no progress until its ten minutes are over', () => {
  const stay = new Stay(HOST);
  assert.deepEqual(stay.look({ seen: () => 1, neededIdleMs: 60_000 }, 0), { for: 'members' });
  assert.deepEqual(stay.look({ seen: () => 1, neededIdleMs: 60_000 }, HOST_STAY_MS - 1), { for: 'members' });
  assert.equal(stay.look({ seen: () => 1, neededIdleMs: 60_000 }, HOST_STAY_MS), undefined);
  assert.deepEqual(stay.look({ seen: () => 1, neededIdleMs: 59_999 }, HOST_STAY_MS), { for: 'members' });
});

test('whoever is told to stay does, and whoever is told to leave does not wait', () => {
  const presence = { seen: () => 0, neededIdleMs: 0 };
  assert.deepEqual(new Stay({ ...JOINER, stay: true }).look(presence, 0), { for: 'stop' });
  assert.equal(new Stay({ ...HOST, leave: true }).look(presence, 0), undefined);
});

test('work that comes later starts the wait anew', () => {
  const stay = new Stay(HOST);
  stay.look({ seen: () => 0, neededIdleMs: undefined }, 0);
  stay.resumed();
  assert.deepEqual(stay.look({ seen: () => 0, neededIdleMs: undefined }, HOST_STAY_MS), {
    for: 'joiners',
    untilMs: 2 * HOST_STAY_MS,
  });
});
