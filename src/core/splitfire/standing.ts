import type { LeaseTable } from './lease-table.ts';
import { backlogBytes, isOpen, type MemberPlan, roomFor } from './member-plan.ts';

/** What a room of members without any measured rate is taken for. Only ratios matter then. */
const FALLBACK_RATE = 1024 * 1024;
/** Who fetched something within this time is still at work, although its last report shows nothing to do. */
const RECENT_MS = 1_000;

/** How a member stands at the moment: what it has to do, and what it could take. */
export interface Standing {
  readonly plan: MemberPlan;
  /** Bytes per second, above 0: measured, or the mean of the others. */
  readonly rate: number;
  readonly rateIsKnown: boolean;
  /** Bytes of its leases that are still to come. */
  leftBytes: number;
  /** Leases that it may be given now. */
  room: number;
}

/** How long a member is busy, in seconds. */
export function leftSeconds(standing: Standing): number {
  return standing.leftBytes / standing.rate;
}

/** Whether the member is doing a share of the work, or is about to: it may just not have asked for more yet. */
export function isActive({ plan, leftBytes, room }: Standing, nowMs: number): boolean {
  if (!plan.canFetch || plan.probation !== undefined) return false;
  return leftBytes > 0 || room > 0 || nowMs - plan.progressMs < RECENT_MS;
}

/** Everybody's standing at `nowMs`. */
export function standings(table: LeaseTable, nowMs: number): Standing[] {
  const plans = [...table.plans.values()];
  let sum = 0;
  let known = 0;
  for (const plan of plans) {
    if (!plan.canFetch || rateOf(plan) === 0) continue;
    sum += rateOf(plan);
    known += 1;
  }
  const mean = known > 0 ? sum / known : FALLBACK_RATE;
  const anySound = plans.some((plan) => plan.canFetch && plan.probation === undefined);
  return plans.map((plan) => {
    const rate = rateOf(plan) || mean;
    return {
      plan,
      rate,
      rateIsKnown: rateOf(plan) > 0,
      leftBytes: backlogBytes(plan, table.geometry.pieceBytes, rate, nowMs),
      room: room(plan, anySound, nowMs),
    };
  });
}

/** The believable part of what the member reports as its rate; 0 while unknown. */
export function rateOf(plan: MemberPlan): number {
  return Math.min(plan.rate, plan.rateCap);
}

/** A member on parole gets one lease at a time to prove itself, at once if there is nobody else. */
function room(plan: MemberPlan, anySound: boolean, nowMs: number): number {
  if (!plan.canFetch || !plan.reported) return 0;
  if (plan.probation === undefined) return Math.max(0, roomFor(plan));
  if (plan.leases.some(isOpen) || (anySound && nowMs < plan.probation.untilMs)) return 0;
  return Math.min(1, Math.max(0, roomFor(plan)));
}
