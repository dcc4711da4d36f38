import type { Bitfield } from '../bitfield.ts';
import type { MemberId } from '../ids.ts';
import type { LeaseReport } from '../messages.ts';
import type { Run } from '../ranges.ts';

/** Connections that a member may have at work in one lease, each on a piece of its own: more received than held. */
const PIECES_IN_FLIGHT = 4;
/** Pieces that have arrived may be this long in hashing and journalling. */
const CHECKING_SECONDS = 0.5;
/** A report's age is made up for up to this; beyond, nothing is known. */
const MAX_EXTRAPOLATION_MS = 500;

/** A lease that a member has, as far as the planner knows. Bytes, pieces and milliseconds. */
export interface PlannedLease {
  readonly id: number;
  readonly plan: MemberPlan;
  readonly kind: 'run' | 'tail';
  readonly owner: MemberPlan | undefined;
  readonly start: number;
  /** At or before `start`: over, and only remembered until the member's report leaves it out. */
  end: number;
  /** The whole pieces in it; for a tail none, placed at its piece. */
  run: Run;
  receivedBytes: number;
  /** Bytes of `receivedBytes` in a part that was cut off, until a report is about the shorter lease; else 0. */
  forgottenBytes: number;
  /** The lease was cut, and no report was about the shorter one yet. */
  cutIsNews: boolean;
  /** Bytes of its pieces that somebody holds. */
  heldBytes: number;
  progressMs: number;
  /** Since when it is the oldest unfinished lease of its member. */
  headMs: number | undefined;
  /** Since when the member has left it out of its reports while pieces of it were still being checked. */
  settlingMs: number | undefined;
}

/** A present member, in the eyes of the planner of one download. */
export interface MemberPlan {
  readonly id: MemberId;
  /** By id, which is the order in which they were granted and are worked on. */
  leases: PlannedLease[];
  readonly holds: Bitfield;
  reported: boolean;
  reportMs: number;
  /** As reported, in bytes per second; 0 while unknown. */
  rate: number;
  /** `rate` when it last moved: whoever stands still must not gain time by a rate that falls because of it. */
  pace: number;
  /** What its own progress makes believable; infinite until judged. */
  rateCap: number;
  canFetch: boolean;
  wants: number;
  seenLease: number;
  progressMs: number;
  /** Leases that were given so far. */
  grants: number;
  /** Leases that it gave back or lost without finishing them. */
  drops: number;
  /** Bytes at the end of its pieces that others are fetching for it. */
  promisedBytes: number;
  /** Stalled: nothing new before this time. Every further stall doubles the wait. */
  probation: { readonly untilMs: number; readonly waitMs: number } | undefined;
  /** Since when it is idle although there are free pieces, left to faster members. */
  refusedMs: number | undefined;
}

export function newMemberPlan(id: MemberId, holds: Bitfield, nowMs: number): MemberPlan {
  return {
    id,
    leases: [],
    holds,
    reported: false,
    reportMs: nowMs,
    rate: 0,
    pace: 0,
    rateCap: Number.POSITIVE_INFINITY,
    canFetch: false,
    wants: 0,
    seenLease: 0,
    progressMs: nowMs,
    grants: 0,
    drops: 0,
    promisedBytes: 0,
    probation: undefined,
    refusedMs: undefined,
  };
}

/** Whether nothing of the lease is left to be fetched or checked. */
export function isOver(live: PlannedLease): boolean {
  const length = live.end - live.start;
  return length <= (live.kind === 'tail' ? live.receivedBytes : live.heldBytes);
}

/** Whether the member has yet to fetch something of the lease. */
export function isOpen(live: PlannedLease): boolean {
  return live.settlingMs === undefined && !isOver(live);
}

/** Bytes of a lease that are still to come. Never negative; what a report claims counts only as far as it is likely. */
export function leftBytes(live: PlannedLease, pieceBytes: number, rate: number): number {
  if (!isOpen(live)) return 0;
  const length = live.end - live.start;
  if (live.kind === 'tail') return length - live.receivedBytes;
  const claimed = live.receivedBytes - live.forgottenBytes;
  const likely = live.heldBytes + PIECES_IN_FLIGHT * pieceBytes + rate * CHECKING_SECONDS;
  return Math.max(0, length - Math.max(live.heldBytes, Math.min(claimed, likely)));
}

/** Bytes that the member has yet to fetch, those counted that should have arrived since its last report. */
export function backlogBytes(plan: MemberPlan, pieceBytes: number, rate: number, nowMs: number): number {
  let bytes = -plan.promisedBytes;
  for (const live of plan.leases) bytes += leftBytes(live, pieceBytes, rate);
  const sinceMs = Math.min(nowMs - plan.reportMs, MAX_EXTRAPOLATION_MS);
  return Math.max(0, bytes - (rate * sinceMs) / 1_000);
}

/** How many further leases the member would take, those taken off that it has not heard of yet. */
export function roomFor(plan: MemberPlan): number {
  let room = plan.wants;
  for (const live of plan.leases) if (live.id > plan.seenLease) room -= 1;
  return room;
}

/** The end of a piece that is fetched for whoever has the piece. */
export interface Tail {
  readonly helper: PlannedLease;
  /** Undefined when adopted: nobody knows any more whom it was for. */
  readonly owner: PlannedLease | undefined;
  /** What the owner is spared. */
  readonly bytes: number;
}

/** Puts a lease in the plan of a member, in the order of ids. `report`: what is known of it so far. */
export function takeLease(
  plan: MemberPlan,
  report: LeaseReport,
  rest: Pick<PlannedLease, 'kind' | 'owner' | 'end' | 'run'>,
  nowMs: number,
): PlannedLease {
  const lease: PlannedLease = {
    ...rest,
    id: report.lease,
    plan,
    start: report.start,
    receivedBytes: Math.min(report.receivedBytes, Math.max(0, rest.end - report.start)),
    forgottenBytes: 0,
    cutIsNews: false,
    heldBytes: 0,
    progressMs: nowMs,
    headMs: undefined,
    settlingMs: undefined,
  };
  if (!plan.leases.some(isOpen)) plan.progressMs = nowMs;
  plan.leases.push(lease);
  plan.leases.sort((a, b) => a.id - b.id);
  return lease;
}
