import { GENERAL, type Kind, ORIGIN_FAULTS, SPEED } from '../scenario/kinds.ts';

/** What every check runs of one kind of worlds. */
export interface CheckPlan {
  readonly kind: Kind;
  readonly fixed: readonly number[];
  /** How many fresh ones are drawn. */
  readonly fresh: number;
}

/** From this seed on the next so many. */
function row(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/**
 * What every check runs: seeds that once failed and were mended, each for its own reason; a row of any seeds for each kind;
 * and fresh ones.
 */
export const CHECK_PLANS: readonly CheckPlan[] = [
  {
    kind: GENERAL,
    fixed: [
      // The messages that had piled up while a member stood still were taken for a storm.
      734502422,
      // A joiner entered by another one that was in no room yet.
      734502602,
      // Two requests that were refused in turn were asked again without a pause, until the member gave up.
      734503360,
      // A piece was announced that had been given up in the same moment.
      37875583,
      ...row(1, 30),
    ],
    fresh: 50,
  },
  { kind: ORIGIN_FAULTS, fixed: row(1, 15), fresh: 25 },
  { kind: SPEED, fixed: row(1, 30), fresh: 20 },
];
