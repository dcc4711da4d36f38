import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  firstGrant,
  grants,
  MIB,
  newPlanner,
  progress,
  report,
  takeAll,
} from '../../testing/splitfire/planner-room.ts';
import { Geometry } from '../geometry.ts';
import type { Lease } from '../messages.ts';

test('a member that wants work is given the beginning of the file', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  assert.deepEqual(planner.drain(), []);
  planner.report('a', report({ wants: 1 }), 0);
  assert.deepEqual(planner.drain(), [
    {
      type: 'grant',
      to: 'a',
      lease: { lease: 2 ** 20 + 1, kind: 'run', owner: undefined, start: 0, end: MIB },
    },
  ]);
});

test('leases on their way count towards what a member wants', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 2 }), 0);
  const first = grants(planner);
  assert.equal(first.length, 2);
  planner.report('a', report({ wants: 2 }), 10);
  assert.equal(grants(planner).length, 0);
  planner.report(
    'a',
    progress(
      first.map(({ lease }) => lease),
      [],
      { wants: 1 },
    ),
    20,
  );
  assert.equal(grants(planner).length, 1);
});

test('a member that cannot fetch is given nothing, and loses what it had', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 2, canFetch: false }), 0);
  assert.deepEqual(planner.drain(), []);
  planner.report('a', report({ wants: 1 }), 10);
  const { lease } = firstGrant(planner);
  planner.report('a', progress([lease], [1000], { canFetch: false }), 20);
  assert.deepEqual(planner.drain(), [{ type: 'revoke', to: 'a', lease: lease.lease, end: lease.start }]);
  assert.equal(planner.stateOf(0), 'free');
});

test('what a leaver leased or alone held is free again', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.memberUp('b', 0);
  planner.report('a', report({ wants: 1 }), 0);
  planner.held('a', [{ start: 50, end: 60 }], 0);
  planner.held('b', [{ start: 55, end: 70 }], 0);
  assert.equal(planner.stateOf(0), 'leased');
  planner.memberDown('a', 10);
  assert.deepEqual(
    [0, 50, 55, 69].map((piece) => planner.stateOf(piece)),
    ['free', 'free', 'held', 'held'],
  );
});

test('a joiner gets the back of the longest lease when nothing is free, so that both end together', () => {
  const planner = newPlanner();
  const leases = takeAll(planner, 'a', 10 * MIB);
  planner.memberUp('b', 10);
  planner.report('b', report({ wants: 1, originRate: 10 * MIB }), 10);
  const [revoke, grant] = planner.drain();
  assert.ok(revoke?.type === 'revoke' && grant?.type === 'grant');
  assert.equal(grant.to, 'b');
  assert.equal(revoke.end, grant.lease.start);
  const last = leases.at(-1)!;
  assert.equal(grant.lease.end, last.end);
  assert.ok(grant.lease.end - grant.lease.start <= 51 * MIB);
});

test('a lease that a member was seen to give up is free once its pieces cannot be in checking any more', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 1 }), 0);
  const { lease } = firstGrant(planner);
  planner.report('a', report({ seenLease: lease.lease }), 100);
  assert.equal(planner.stateOf(0), 'leased');
  assert.equal(planner.deadline(), 1_600);
  planner.tick(1_600);
  assert.equal(planner.stateOf(0), 'free');
});

test('a lease that has not been seen yet survives a report without it', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 1 }), 0);
  planner.report('a', report({ wants: 1 }), 5_000);
  assert.equal(planner.stateOf(0), 'leased');
});

test('a member without progress loses its leases to another, waits, and is back with its first progress', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 2, originRate: MIB }), 0);
  const leases = grants(planner).map(({ lease }) => lease);
  planner.memberUp('b', 0);
  planner.report('b', report({ wants: 1 }), 0);
  const own = firstGrant(planner);
  planner.report('b', progress([own.lease], [1000], { wants: 1 }), 2_900);
  planner.drain();
  assert.equal(planner.deadline(), 3_000);
  planner.tick(3_000);
  const revoked = planner
    .drain()
    .flatMap((command) => (command.type === 'revoke' && command.to === 'a' ? [command.lease] : []));
  assert.deepEqual(
    revoked,
    leases.map(({ lease }) => lease),
  );
  planner.report('a', progress(leases, [], { wants: 2, originRate: MIB }), 3_100);
  assert.deepEqual(
    grants(planner).filter(({ to }) => to === 'a'),
    [],
  );
  planner.report('a', progress(leases, [1], { wants: 2, originRate: MIB }), 3_200);
  assert.equal(grants(planner).filter(({ to }) => to === 'a').length, 2);
});

test('a stalled member keeps its lease while nobody could go on with it', () => {
  const planner = newPlanner();
  planner.memberUp('a', 0);
  planner.report('a', report({ wants: 1, originRate: MIB }), 0);
  planner.drain();
  planner.tick(60_000);
  assert.deepEqual(planner.drain(), []);
  assert.equal(planner.stateOf(0), 'leased');
});

test('a silent member does not get its lease back while another waits', () => {
  for (const rate of [0, 1, 10_000, 1e9]) {
    const planner = newPlanner({ geometry: new Geometry(MIB, MIB) });
    planner.memberUp('silent', 0);
    planner.report('silent', report({ wants: 4, originRate: rate }), 0);
    firstGrant(planner);
    planner.memberUp('good', 0);
    const whole: { to: string; lease: Lease }[] = [];
    for (let nowMs = 0, seenLease = 0; nowMs <= 31_000; nowMs += 250) {
      planner.report('good', report({ wants: 1, seenLease }), nowMs);
      for (const grant of grants(planner)) {
        if (grant.lease.kind === 'run') whole.push(grant);
        seenLease = grant.lease.lease;
      }
    }
    assert.equal(whole[0]?.to, 'good', `at ${rate} bytes/s`);
  }
});

test('a member that claims to have received a lease and never holds it does not keep it', () => {
  const planner = newPlanner({ geometry: new Geometry(MIB, MIB) });
  planner.memberUp('liar', 0);
  planner.report('liar', report({ wants: 1, originRate: 1 }), 0);
  const { lease } = firstGrant(planner);
  planner.report('liar', progress([lease], [MIB], { originRate: 1 }), 100);
  planner.memberUp('good', 100);
  planner.report('good', report({ wants: 1, originRate: MIB }), 100);
  for (let nowMs = 100; nowMs <= 31_000; nowMs += 250) planner.tick(nowMs);
  assert.deepEqual([planner.drain().at(-1)?.to, planner.stateOf(0)], ['good', 'leased']);
});
