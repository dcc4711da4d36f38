import type { MemberId } from '../ids.ts';
import type { LeaseTable } from './lease-table.ts';
import { isOver } from './member-plan.ts';

/** What a planner has given to whom, as data. */
export interface PlannerSnapshot {
  readonly freeBytes: number;
  readonly unheldBytes: number;
  /** Bytes that may be fetched twice because of tails. */
  readonly duplicateBytes: number;
  readonly members: readonly {
    readonly id: MemberId;
    readonly stalled: boolean;
    readonly leases: readonly {
      readonly lease: number;
      readonly kind: 'run' | 'tail';
      readonly start: number;
      readonly end: number;
    }[];
  }[];
}

export function snapshotOf({ board, plans, duplicateBytes }: LeaseTable): PlannerSnapshot {
  return {
    freeBytes: board?.freeBytes ?? 0,
    unheldBytes: board?.unheldBytes ?? 0,
    duplicateBytes,
    members: [...plans.values()].map((plan) => ({
      id: plan.id,
      stalled: plan.probation !== undefined,
      leases: plan.leases
        .filter((live) => !isOver(live))
        .map(({ id, kind, start, end }) => ({ lease: id, kind, start, end })),
    })),
  };
}
