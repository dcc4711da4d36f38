const MIB = 1024 * 1024;
/** What a lease is worth, in seconds at the member's rate. */
const LEASE_SECONDS = 3;
/** With nobody to share with, longer leases mean fewer requests; a joiner may cut them. */
const LONE_LEASE_SECONDS = 10;
/** A lease is not made shorter than this by factoring: requests and messages cost time, and stealing evens out the end. */
const SHORTEST_SECONDS = 0.25;
/** A member of unknown rate in a room of known ones gets this much at their mean. */
const TRIAL_SECONDS = 0.5;
/** Slow start for a member of unknown rate stops here. */
const MAX_TRIAL_DOUBLINGS = 7;
/** How much later than the others a member may end with a piece and still be given it. */
const LATENESS = 1.05;

export interface LeaseQuestion {
  readonly pieceBytes: number;
  /** Bytes that nobody has been given. */
  readonly freeBytes: number;
  /** The member's rate in bytes per second, and whether that was measured or is the others' mean. */
  readonly rate: number;
  readonly rateIsKnown: boolean;
  /** Whether any member's rate was measured. */
  readonly anyRateIsKnown: boolean;
  /** Sum of the rates of all members that fetch, this one included. */
  readonly totalRate: number;
  /** No other member fetches. */
  readonly isAlone: boolean;
  /** Leases that the member was given before. */
  readonly grants: number;
}

/**
 * How many bytes the next lease should have; the caller makes whole pieces of it, at least one. Leases shrink with
 * what is left (factoring), so that the members end at about the same time.
 */
export function leaseBytes(question: LeaseQuestion): number {
  const { rate, freeBytes, totalRate } = question;
  if (!question.rateIsKnown) {
    const trial = question.anyRateIsKnown
      ? rate * TRIAL_SECONDS
      : MIB * 2 ** Math.min(question.grants, MAX_TRIAL_DOUBLINGS);
    return Math.max(question.pieceBytes, Math.min(trial, question.isAlone ? freeBytes : freeBytes / 4));
  }
  if (question.isAlone) return rate * LONE_LEASE_SECONDS;
  const worth = Math.min(rate * LEASE_SECONDS, (freeBytes * rate) / totalRate / 2);
  return Math.max(worth, rate * SHORTEST_SECONDS);
}

/**
 * Until when, in seconds from now, a member may be busy with what it is given. `totalSeconds`: all that is left at the
 * rates of all together. `soonestElsewhere`: when the first other member would end with one more piece.
 */
export function latestSeconds(totalSeconds: number, soonestElsewhere: number): number {
  return (
    (Number.isFinite(soonestElsewhere)
      ? Math.max(totalSeconds, soonestElsewhere)
      : Number.POSITIVE_INFINITY) * LATENESS
  );
}

/**
 * How many bytes to move from a member with much left to one with little, so that both end at the same time.
 * Negative when they should not be moved at all.
 */
export function fairShare(
  from: { readonly leftBytes: number; readonly rate: number },
  to: { readonly leftBytes: number; readonly rate: number },
): number {
  return (from.leftBytes * to.rate - to.leftBytes * from.rate) / (from.rate + to.rate);
}
