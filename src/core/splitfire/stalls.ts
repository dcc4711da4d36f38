import type { LeaseTable } from './lease-table.ts';
import { isOpen, leftBytes, type MemberPlan, type PlannedLease, roomFor } from './member-plan.ts';

/** No progress for this long is no stall yet, however fast the member was. */
const PATIENCE_MS = 3_000;
/** Even the slowest member shows some progress within this time. */
const LONGEST_PATIENCE_MS = 30_000;
/** A member whose rate is unknown is still connecting. */
const FIRST_PATIENCE_MS = 6_000;
/** Every member that lives reports an advance of this much. */
const STEP_BYTES = 64 * 1024;
/** Progress may take this many times as long as expected. */
const SLACK = 3;
const FIRST_PAROLE_MS = 3_000;
const LONGEST_PAROLE_MS = 60_000;
/** A lease at work this long shows what its member's rate is worth. */
const JUDGE_AFTER_MS = 3_000;
/** A member is not believed to be faster than this many times what is seen of it. */
const BELIEVED_FACTOR = 3;
/** A rate below this is as good as none, but must not count as unknown. */
const LOWEST_RATE = 1_024;

/**
 * Takes leases back from members that stand still, if somebody else could go on with them. Such a member is on parole:
 * it gets nothing until it moves again or its time is served. Returns when to look again.
 */
export function revokeStalled(table: LeaseTable, nowMs: number): number {
  let wakeMs = Number.POSITIVE_INFINITY;
  for (const plan of table.plans.values()) {
    const memberMs = memberDueMs(plan, table.geometry.pieceBytes);
    const dueMs = Math.min(memberMs, leaseDueMs(table, plan, nowMs));
    if (dueMs > nowMs) {
      wakeMs = Math.min(wakeMs, dueMs);
      continue;
    }
    if (!canReplace(table, plan, nowMs)) continue;
    // A lease that stood still, with nothing else moving either: then it is the member that stands still.
    if (memberMs <= nowMs || nowMs - plan.progressMs >= PATIENCE_MS) {
      for (const live of plan.leases.filter(isOpen)) table.cut(live, live.start);
      const waitMs = Math.min(
        LONGEST_PAROLE_MS,
        plan.probation === undefined ? FIRST_PAROLE_MS : plan.probation.waitMs * 2,
      );
      plan.probation = { untilMs: nowMs + waitMs, waitMs };
      plan.drops += 1;
    } else {
      const head = plan.leases.find(isOpen)!;
      table.cut(head, head.start);
    }
  }
  return wakeMs;
}

/** When parole ends for the first of those who wait for it. */
export function nextParoleMs(table: LeaseTable, nowMs: number): number {
  let wakeMs = Number.POSITIVE_INFINITY;
  for (const { probation: parole, canFetch, wants } of table.plans.values()) {
    if (parole !== undefined && canFetch && wants > 0 && parole.untilMs > nowMs)
      wakeMs = Math.min(wakeMs, parole.untilMs);
  }
  return wakeMs;
}

/** Marks the lease that the member works on now, and weighs the rate that it claims against what arrives. */
export function judgeRate(plan: MemberPlan, nowMs: number): void {
  const head = plan.leases.find(isOpen);
  if (head === undefined) return;
  head.headMs ??= nowMs;
  const spanMs = nowMs - head.headMs;
  if (spanMs < JUDGE_AFTER_MS) return;
  const seen = Math.max(head.receivedBytes - head.forgottenBytes, head.heldBytes);
  plan.rateCap = Math.max(LOWEST_RATE, ((seen * BELIEVED_FACTOR) / spanMs) * 1_000);
}

function memberDueMs(plan: MemberPlan, pieceBytes: number): number {
  if (!plan.leases.some(isOpen)) return Number.POSITIVE_INFINITY;
  if (plan.rate === 0) return plan.progressMs + FIRST_PATIENCE_MS;
  const stepBytes = plan.leases.some(claimsAll) ? pieceBytes : STEP_BYTES;
  return plan.progressMs + patienceMs(stepBytes, Math.max(plan.rate, plan.pace));
}

/** One lease may hang while the others move: judged by the time that all of the member's work should take. */
function leaseDueMs(table: LeaseTable, plan: MemberPlan, nowMs: number): number {
  const head = plan.leases.find(isOpen);
  const rate = Math.min(Math.max(plan.rate, plan.pace), plan.rateCap);
  if (head === undefined || rate === 0) return Number.POSITIVE_INFINITY;
  head.headMs ??= nowMs;
  const { pieceBytes } = table.geometry;
  let bytes = claimsAll(head) ? pieceBytes : 0;
  for (const live of plan.leases) bytes += leftBytes(live, pieceBytes, rate);
  return Math.max(head.progressMs, head.headMs) + patienceMs(bytes, rate);
}

/** How long so many bytes may take before something must be wrong. */
function patienceMs(bytes: number, rate: number): number {
  return Math.min(LONGEST_PATIENCE_MS, Math.max(PATIENCE_MS, (SLACK * bytes * 1_000) / rate));
}

/** Once a report claims that all has arrived, only finished pieces tell of progress. */
function claimsAll(live: PlannedLease): boolean {
  return isOpen(live) && live.receivedBytes >= live.end - live.start;
}

function canReplace(table: LeaseTable, plan: MemberPlan, nowMs: number): boolean {
  for (const other of table.plans.values()) {
    if (other === plan || !other.canFetch || other.probation !== undefined) continue;
    const busy = other.leases.some(isOpen);
    if (busy ? nowMs - other.progressMs < PATIENCE_MS : roomFor(other) > 0) return true;
  }
  return false;
}
