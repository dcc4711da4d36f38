import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Geometry, MAX_PIECES } from '../geometry.ts';
import type { Lease, LeaseReport, Report } from '../messages.ts';
import { Planner, type PlannerOptions } from './planner.ts';

const MIB = 1024 * 1024;
const PIECES = 100;

function newPlanner(options: Partial<PlannerOptions> = {}): Planner {
  return new Planner({
    download: 'd',
    epoch: 1,
    geometry: new Geometry(PIECES * MIB, MIB),
    sequential: false,
    graceUntilMs: 0,
    ...options,
  });
}

function report(fields: Partial<Report> = {}): Report {
  return {
    type: 'report',
    epoch: 1,
    download: 'd',
    originRate: 0,
    canFetch: true,
    wants: 0,
    seenLease: 0,
    leases: [],
    ...fields,
  };
}

/** A report that lists the leases as they were granted, with so much received of each. */
function progress(
  leases: readonly Lease[],
  received: readonly number[],
  fields: Partial<Report> = {},
): Report {
  return report({
    seenLease: Math.max(0, ...leases.map(({ lease }) => lease)),
    leases: leases.map(({ lease, start, end }, i) => ({
      lease,
      start,
      end,
      receivedBytes: Math.floor(received[i] ?? 0),
    })),
    ...fields,
  });
}

function grants(planner: Planner): { to: string; lease: Lease }[] {
  return planner
    .drain()
    .flatMap((command) => (command.type === 'grant' ? [{ to: command.to, lease: command.lease }] : []));
}

/** The only grant that there is. */
function firstGrant(planner: Planner): { to: string; lease: Lease } {
  const [first, ...more] = grants(planner);
  assert.ok(first !== undefined && more.length === 0);
  return first;
}

/** Lets `member`, alone so far, lease the whole file at `rate`. */
function takeAll(planner: Planner, member: string, rate: number): Lease[] {
  const taken: Lease[] = [];
  planner.memberUp(member, 0);
  for (let i = 0; i < 200 && planner.snapshot().freeBytes > 0; i += 1) {
    planner.report(member, progress(taken, [], { wants: 4, originRate: rate }), 0);
    taken.push(...grants(planner).map(({ lease }) => lease));
  }
  return taken;
}

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
