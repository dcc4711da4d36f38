import assert from 'node:assert/strict';
import { Geometry } from '../../core/geometry.ts';
import type { Lease, Report } from '../../core/messages.ts';
import { Planner, type PlannerOptions } from '../../core/splitfire/planner.ts';

export const MIB = 1024 * 1024;
export const PIECES = 100;

export function newPlanner(options: Partial<PlannerOptions> = {}): Planner {
  return new Planner({
    download: 'd',
    epoch: 1,
    geometry: new Geometry(PIECES * MIB, MIB),
    sequential: false,
    graceUntilMs: 0,
    ...options,
  });
}

export function report(fields: Partial<Report> = {}): Report {
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
export function progress(
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

export function grants(planner: Planner): { to: string; lease: Lease }[] {
  return planner
    .drain()
    .flatMap((command) => (command.type === 'grant' ? [{ to: command.to, lease: command.lease }] : []));
}

/** The only grant that there is. */
export function firstGrant(planner: Planner): { to: string; lease: Lease } {
  const [first, ...more] = grants(planner);
  assert.ok(first !== undefined && more.length === 0);
  return first;
}

/** Lets `member`, alone so far, lease the whole file at `rate`. */
export function takeAll(planner: Planner, member: string, rate: number): Lease[] {
  const taken: Lease[] = [];
  planner.memberUp(member, 0);
  for (let i = 0; i < 200 && planner.snapshot().freeBytes > 0; i += 1) {
    planner.report(member, progress(taken, [], { wants: 4, originRate: rate }), 0);
    taken.push(...grants(planner).map(({ lease }) => lease));
  }
  return taken;
}
