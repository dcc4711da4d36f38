import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST_STAY_MS, Stay } from './stay.ts';

const HOST = { awaits: { members: 1, forMs: HOST_STAY_MS }, stay: false, leave: false };
const JOINER = { awaits: undefined, stay: false, leave: false };

test('a joiner stays for members that need it, and leaves when nobody does', () => {
  const stay = new Stay(JOINER);
  assert.deepEqual(stay.look({ seen: 2, isNeeded: true }, 0), { for: 'members' });
  assert.equal(stay.look({ seen: 2, isNeeded: false }, 1), undefined);
});

test('a host waits ten minutes from its own end for the first to come', () => {
  const stay = new Stay(HOST);
  const nobody = { seen: 0, isNeeded: false };
  assert.deepEqual(stay.look(nobody, 5_000), { for: 'joiners', untilMs: 605_000 });
  assert.deepEqual(stay.look(nobody, 604_999), { for: 'joiners', untilMs: 605_000 });
  assert.equal(stay.look(nobody, 605_000), undefined);
});

test('a host to which somebody came leaves when everybody present is done', () => {
  const stay = new Stay(HOST);
  assert.deepEqual(stay.look({ seen: 1, isNeeded: true }, 0), { for: 'members' });
  assert.equal(stay.look({ seen: 1, isNeeded: false }, 1), undefined);
});

test('whoever is told to stay does, and whoever is told to leave does not wait', () => {
  const presence = { seen: 0, isNeeded: true };
  assert.deepEqual(new Stay({ ...JOINER, stay: true }).look(presence, 0), { for: 'stop' });
  assert.equal(new Stay({ ...HOST, leave: true }).look(presence, 0), undefined);
});

test('work that comes later starts the wait anew', () => {
  const stay = new Stay(HOST);
  stay.look({ seen: 0, isNeeded: false }, 0);
  stay.resumed();
  assert.deepEqual(stay.look({ seen: 0, isNeeded: false }, HOST_STAY_MS), {
    for: 'joiners',
    untilMs: 2 * HOST_STAY_MS,
  });
});
