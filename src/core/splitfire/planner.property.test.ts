import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../geometry.ts';
import type { Lease, LeaseReport, Report } from '../messages.ts';
import type { Run } from '../ranges.ts';
import { Planner } from './planner.ts';

const PIECE_BYTES = 1024;
const PIECES = 60;
const geometry = new Geometry(PIECES * PIECE_BYTES - 77, PIECE_BYTES);
const EPOCH = 3;

const member = fc.constantFrom('a', 'b', 'c', 'd');
const offset = fc.oneof(
  fc.nat(PIECES).map((piece) => piece * PIECE_BYTES),
  fc.integer({ min: -10, max: 2 * PIECES * PIECE_BYTES }),
  fc.constantFrom(geometry.sizeBytes!, Number.MAX_SAFE_INTEGER, Number.NaN, 0.5),
);
const count = fc.oneof(fc.nat(3 * PIECE_BYTES), fc.constantFrom(-1, Number.NaN, Number.MAX_SAFE_INTEGER));
const rate = fc.oneof(fc.nat(20_000), fc.constantFrom(-1, Number.NaN, Number.POSITIVE_INFINITY, 1e30));
const leaseId = fc.oneof(
  fc.nat(30).map((n) => EPOCH * 2 ** 20 + n),
  fc.nat(5),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.NaN, -3),
);
const strangeLease = fc.record({ lease: leaseId, start: offset, end: offset, receivedBytes: count });

const step = fc.oneof(
  fc.record({ do: fc.constant('up' as const), member }),
  fc.record({ do: fc.constant('down' as const), member }),
  fc.record({ do: fc.constant('tick' as const) }),
  fc.record({
    do: fc.constant('held' as const),
    member,
    runs: fc.array(
      fc.record({
        start: fc.integer({ min: -3, max: PIECES + 5 }),
        end: fc.integer({ min: -3, max: PIECES + 5 }),
      }),
      { maxLength: 3 },
    ),
  }),
  /** Keeps to what was granted, at some stage. */
  fc.record({
    do: fc.constant('honest' as const),
    member,
    rate,
    canFetch: fc.boolean(),
    wants: fc.nat(3),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    finish: fc.nat(2),
  }),
  /** Says anything. */
  fc.record({
    do: fc.constant('strange' as const),
    member,
    rate,
    wants: fc.oneof(fc.nat(5), fc.constantFrom(-1, 1e9, Number.NaN)),
    seenLease: leaseId,
    leases: fc.array(strangeLease, { maxLength: 4 }),
  }),
);
const steps = fc.array(fc.tuple(fc.nat(4_000), step), { maxLength: 60 });

/** Follows the commands as honest members would, and knows what the planner must have understood. */
class Harness {
  readonly planner: Planner;
  readonly hands = new Map<string, Lease[]>();
  readonly holds = new Map<string, Set<number>>();
  readonly ids = new Set<number>();
  nowMs = 0;

  constructor(sequential: boolean, graceUntilMs: number) {
    this.planner = new Planner({ download: 'd', epoch: EPOCH, geometry, sequential, graceUntilMs });
  }

  up(id: string): void {
    if (!this.holds.has(id)) {
      this.holds.set(id, new Set());
      this.hands.set(id, []);
    }
    this.planner.memberUp(id, this.nowMs);
  }

  down(id: string): void {
    this.holds.delete(id);
    this.hands.delete(id);
    this.planner.memberDown(id, this.nowMs);
  }

  hold(id: string, runs: readonly Run[]): void {
    const holds = this.holds.get(id);
    for (const run of holds ? runs : []) {
      for (let piece = Math.max(0, run.start); piece < Math.min(PIECES, run.end); piece += 1)
        holds!.add(piece);
    }
    this.planner.held(id, runs, this.nowMs);
  }

  report(id: string, fields: Partial<Report>): void {
    const report: Report = {
      type: 'report',
      epoch: EPOCH,
      download: 'd',
      originRate: 0,
      canFetch: true,
      wants: 0,
      seenLease: Math.max(0, ...this.ids),
      leases: [],
      ...fields,
    };
    this.planner.report(id, report, this.nowMs);
  }

  /** Reports the leases in hand; the first `finish` of them are done and dropped. */
  honest(id: string, fields: Partial<Report>, share: number, finish: number): void {
    const hands = this.hands.get(id) ?? [];
    for (const lease of hands.splice(0, finish)) {
      if (lease.kind === 'tail') continue;
      this.hold(id, [
        {
          start: geometry.pieceAt(lease.start),
          end: geometry.pieceAt(Math.min(lease.end, geometry.sizeBytes!) - 1) + 1,
        },
      ]);
    }
    const leases: LeaseReport[] = hands.map(({ lease, start, end }) => ({
      lease,
      start,
      end,
      receivedBytes: Math.floor((end - start) * share),
    }));
    this.report(id, { ...fields, leases });
  }

  /** Takes the commands and checks all that must hold at any time. */
  settle(): void {
    for (const command of this.planner.drain()) {
      const hands = this.hands.get(command.to);
      assert.ok(hands !== undefined, 'a command to somebody who is not there');
      if (command.type === 'revoke') {
        const at = hands.findIndex(({ lease }) => lease === command.lease);
        const lease = hands[at];
        if (lease !== undefined && command.end > lease.start)
          hands[at] = { ...lease, end: Math.min(lease.end, command.end) };
        else if (lease !== undefined) hands.splice(at, 1);
        continue;
      }
      const { lease } = command;
      assert.ok(!this.ids.has(lease.lease) && lease.lease > EPOCH * 2 ** 20, 'an id used twice');
      this.ids.add(lease.lease);
      assert.ok(lease.start < lease.end && lease.start >= 0 && lease.end <= geometry.sizeBytes!);
      hands.push(lease);
    }
    this.#checkPieces();
  }

  #checkPieces(): void {
    const { members, freeBytes, unheldBytes, duplicateBytes } = this.planner.snapshot();
    assert.deepEqual(members.map(({ id }) => id).toSorted(), [...this.holds.keys()].toSorted());
    const leased = new Array<number>(PIECES).fill(0);
    for (const { leases } of members) {
      for (const { kind, start, end } of leases) {
        if (kind === 'tail') continue;
        for (let piece = geometry.pieceAt(start); geometry.startOf(piece) < end; piece += 1)
          leased[piece]! += 1;
      }
    }
    let free = 0;
    let unheld = 0;
    for (let piece = 0; piece < PIECES; piece += 1) {
      const isHeld = [...this.holds.values()].some((holds) => holds.has(piece));
      assert.ok(isHeld || leased[piece]! <= 1, `piece ${piece} is leased ${leased[piece]} times`);
      assert.equal(
        this.planner.stateOf(piece),
        isHeld ? 'held' : leased[piece]! > 0 ? 'leased' : 'free',
        `piece ${piece}`,
      );
      if (!isHeld) unheld += geometry.bytesOf(piece);
      if (!isHeld && leased[piece] === 0) free += geometry.bytesOf(piece);
    }
    assert.deepEqual([freeBytes, unheldBytes], [free, unheld]);
    assert.ok(duplicateBytes >= 0 && duplicateBytes <= Math.max(PIECE_BYTES, geometry.sizeBytes! * 0.02));
  }
}

function apply(harness: Harness, next: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
  const { planner, nowMs } = harness;
  if (next.do === 'up') harness.up(next.member);
  else if (next.do === 'down') harness.down(next.member);
  else if (next.do === 'tick') planner.tick(nowMs);
  else if (next.do === 'held') harness.hold(next.member, next.runs);
  else if (next.do === 'honest') {
    const { canFetch, wants, share, finish } = next;
    harness.honest(next.member, { originRate: next.rate, canFetch, wants }, share, finish);
  } else {
    const { wants, seenLease, leases } = next;
    harness.report(next.member, { originRate: next.rate, wants, seenLease, leases });
  }
}

/** From here on everybody is silent but one good member: it must get all pieces that nobody has. */
function finishAlone(harness: Harness): void {
  harness.up('good');
  for (let turn = 0; turn < 3_000; turn += 1) {
    harness.honest('good', { originRate: 10_000, wants: 2 }, 0, 2);
    harness.settle();
    if (harness.planner.snapshot().unheldBytes === 0) return;
    harness.nowMs += 100;
    const deadline = harness.planner.deadline();
    if (deadline !== undefined && deadline <= harness.nowMs) harness.planner.tick(harness.nowMs);
    harness.settle();
  }
  assert.fail(`pieces were lost: ${JSON.stringify(harness.planner.snapshot())}`);
}

for (const sequential of [false, true]) {
  const origin = sequential ? 'an origin without ranges' : 'an origin with ranges';
  test(`whatever members of ${origin} say and do, every piece has its place and one good member ends it`, () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 500), (moves, graceUntilMs) => {
        const harness = new Harness(sequential, graceUntilMs);
        for (const [afterMs, next] of moves) {
          harness.nowMs += afterMs;
          apply(harness, next);
          harness.settle();
        }
        finishAlone(harness);
      }),
      { numRuns: sequential ? 200 : 500 },
    );
  });
}

test('after a tick the deadline is in the future', () => {
  fc.assert(
    fc.property(steps, (moves) => {
      const harness = new Harness(false, 500);
      for (const [afterMs, next] of moves) {
        harness.nowMs += afterMs;
        apply(harness, next);
        harness.settle();
        harness.planner.tick(harness.nowMs);
        harness.settle();
        assert.ok((harness.planner.deadline() ?? Number.POSITIVE_INFINITY) > harness.nowMs);
      }
    }),
    { numRuns: 200 },
  );
});
