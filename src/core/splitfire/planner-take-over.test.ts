import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  firstGrant,
  grants,
  MIB,
  newPlanner,
  PIECES,
  progress,
  report,
} from '../../testing/splitfire/planner-room.ts';
import { Geometry, MAX_PIECES } from '../geometry.ts';
import type { LeaseReport } from '../messages.ts';

test('after a take-over nothing is granted before everybody has reported, and reported leases stand', () => {
  const planner = newPlanner({ epoch: 3, graceUntilMs: 500 });
  planner.memberUp('a', 0);
  planner.memberUp('b', 0);
  planner.report('a', report({ wants: 1 }), 10);
  assert.deepEqual(planner.drain(), []);
  assert.equal(planner.deadline(), 500);
  const old: LeaseReport = { lease: 2 ** 20 + 7, start: 0, end: 10 * MIB, receivedBytes: 5 };
  planner.report('b', report({ seenLease: old.lease, leases: [old] }), 20);
  const { to, lease } = firstGrant(planner);
  assert.equal(to, 'a');
  assert.equal(lease.start, 10 * MIB);
  assert.ok(lease.lease > 3 * 2 ** 20);
});

test('after the grace time the silent are not waited for', () => {
  const planner = newPlanner({ graceUntilMs: 500 });
  planner.memberUp('a', 0);
  planner.memberUp('b', 0);
  planner.report('a', report({ wants: 1 }), 10);
  planner.tick(500);
  assert.equal(grants(planner).length, 1);
});

test('of two reported leases for the same pieces the later one is taken back', () => {
  const planner = newPlanner({ epoch: 2 });
  planner.memberUp('a', 0);
  planner.memberUp('b', 0);
  planner.report('a', report({ leases: [{ lease: 5, start: 4 * MIB, end: 8 * MIB, receivedBytes: 0 }] }), 0);
  planner.report('b', report({ leases: [{ lease: 6, start: 2 * MIB, end: 6 * MIB, receivedBytes: 0 }] }), 0);
  assert.deepEqual(planner.drain(), [{ type: 'revoke', to: 'b', lease: 6, end: 4 * MIB }]);
});

test('at the end an idle member helps with the tail of the piece that takes longest, once', () => {
  const planner = newPlanner({ geometry: new Geometry(MIB, MIB) });
  planner.memberUp('slow', 0);
  planner.report('slow', report({ wants: 1, originRate: 0.1 * MIB }), 0);
  const { lease } = firstGrant(planner);
  planner.report('slow', progress([lease], [0.2 * MIB], { originRate: 0.1 * MIB }), 2_000);
  planner.memberUp('fast', 2_000);
  planner.report('fast', report({ wants: 2, originRate: 0.9 * MIB }), 2_000);
  const tail = firstGrant(planner);
  assert.deepEqual(
    [tail.to, tail.lease.kind, tail.lease.owner, tail.lease.end],
    ['fast', 'tail', 'slow', MIB],
  );
  assert.ok(Math.abs(tail.lease.start - 0.28 * MIB) < 0.02 * MIB, `${tail.lease.start / MIB}`);
  planner.held('slow', [{ start: 0, end: 1 }], 3_000);
  assert.deepEqual(planner.drain(), [
    { type: 'revoke', to: 'fast', lease: tail.lease.lease, end: tail.lease.start },
  ]);
});

test('the last piece is left to the member that brings it in sooner, but not for ever', () => {
  const planner = newPlanner({ geometry: new Geometry(3 * MIB, MIB) });
  planner.memberUp('fast', 0);
  planner.report('fast', report({ wants: 1, originRate: 5 * MIB }), 0);
  const taken = grants(planner).map(({ lease }) => lease);
  assert.equal(planner.snapshot().freeBytes, 0);
  planner.memberDown('fast', 0);
  planner.memberUp('fast', 0);
  const own: LeaseReport = { lease: taken[0]!.lease, start: 0, end: 2 * MIB, receivedBytes: 1.5 * MIB };
  planner.report('fast', report({ seenLease: own.lease, leases: [own], originRate: 5 * MIB }), 0);
  planner.memberUp('slow', 0);
  planner.report('slow', report({ wants: 1, originRate: 0.05 * MIB }), 0);
  assert.deepEqual(planner.drain(), []);
  const dueMs = planner.deadline()!;
  assert.ok(dueMs > 0 && dueMs < 3_000);
  planner.tick(dueMs);
  assert.deepEqual(
    grants(planner).map(({ to }) => to),
    ['slow'],
  );
});

test('without ranges one member gets the whole file, and the next one when it leaves', () => {
  const planner = newPlanner({ sequential: true, geometry: new Geometry(undefined, MIB) });
  for (const member of ['a', 'b']) {
    planner.memberUp(member, 0);
    planner.report(member, report({ wants: 2 }), 0);
  }
  const granted = () => grants(planner).map(({ to, lease }) => [to, lease.start, lease.end]);
  assert.deepEqual(granted(), [['a', 0, MAX_PIECES * MIB]]);
  planner.held('a', [{ start: 0, end: 5 }], 10);
  planner.setGeometry(new Geometry(10.5 * MIB, MIB), 20);
  assert.deepEqual(
    [4, 5, 10, 11].map((piece) => planner.stateOf(piece)),
    ['held', 'leased', 'leased', undefined],
  );
  planner.memberDown('a', 30);
  assert.deepEqual(granted(), [['b', 0, 10.5 * MIB]]);
});

test('once the size is known of an origin with ranges, others share in', () => {
  const planner = newPlanner({ geometry: new Geometry(undefined, MIB) });
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 1 }), 0);
  const { lease } = firstGrant(planner);
  planner.setGeometry(new Geometry(100 * MIB, MIB), 10);
  planner.report('a', progress([{ ...lease, end: 100 * MIB }], [MIB], { originRate: MIB }), 20);
  planner.memberUp('b', 30);
  planner.report('b', report({ wants: 1 }), 30);
  const [revoke, grant] = planner.drain();
  assert.ok(revoke?.type === 'revoke' && grant?.type === 'grant');
  assert.equal(grant.lease.end, 100 * MIB);
  assert.ok(Math.abs(grant.lease.start / MIB - 50) <= 2);
});

test('rubbish in reports is passed over', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  const bad = (fields: Partial<LeaseReport>): LeaseReport => ({
    lease: 1,
    start: 0,
    end: MIB,
    receivedBytes: 0,
    ...fields,
  });
  planner.report(
    'a',
    report({
      wants: Number.NaN,
      originRate: Number.POSITIVE_INFINITY,
      seenLease: Number.NaN,
      leases: [
        bad({ start: -MIB }),
        bad({ end: 0.5 }),
        bad({ start: 2 * MIB, end: MIB }),
        bad({ lease: Number.POSITIVE_INFINITY }),
        bad({ start: 200 * MIB, end: 300 * MIB }),
        bad({ receivedBytes: -1 }),
      ],
    }),
    0,
  );
  planner.held(
    'a',
    [
      { start: -5, end: Number.NaN },
      { start: 0.5, end: 3 },
      { start: 90, end: 1e9 },
    ],
    0,
  );
  assert.deepEqual(planner.drain(), []);
  assert.equal(planner.stateOf(0), 'free');
  assert.equal(planner.stateOf(99), 'held');
});

test('reports of strangers are ignored', () => {
  const planner = newPlanner();
  planner.report('x', report({ wants: 4 }), 0);
  planner.held('x', [{ start: 0, end: PIECES }], 0);
  assert.deepEqual(planner.drain(), []);
  assert.equal(planner.stateOf(0), 'free');
});
