import type { Batch, Failing, Remark } from './batch.ts';

/** Of few worlds so many may be slow or wasteful, whatever share that is. */
const ALWAYS_ALLOWED = 4;
/** So many fresh worlds of a batch may get stuck. */
const MOST_STUCK = 2;

/**
 * Why a batch is worse than it may be; empty: it is not. One slow world says little, for a plan is made before all is known;
 * many say that the plan has got worse. How many may be was chosen from thousands of seeds so that chance exceeds it less
 * than once in a thousand batches.
 */
export function excessesOf({ kind, worlds, clean, slow, wasteful }: Batch): readonly string[] {
  return [
    ...excess('slow', slow, clean, kind.slowShare),
    ...excess('wasteful', wasteful, worlds, kind.wastefulShare),
  ];
}

/**
 * Failures that a check does not forgive. Of fresh worlds one in some thousand gets stuck for a known weakness of the core,
 * such as a room that goes on without ranges after its reader has left: a few of these say nothing about a change.
 */
export function unforgiven(failures: readonly Failing[], fixed: readonly number[]): readonly Failing[] {
  const isForgivable = ({ seed, failure }: Failing): boolean => failure.isStuck && !fixed.includes(seed);
  const stuck = failures.filter(isForgivable);
  return stuck.length > MOST_STUCK ? failures : failures.filter((failing) => !isForgivable(failing));
}

function excess(what: string, remarks: readonly Remark[], of: number, share: number): string[] {
  const most = Math.max(ALWAYS_ALLOWED, Math.floor(share * of));
  return remarks.length <= most ? [] : [`${remarks.length} of ${of} worlds are ${what}; ${most} may be`];
}
