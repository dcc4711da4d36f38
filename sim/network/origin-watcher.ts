import type { OriginOutcome } from '../../src/core/contract.ts';
import type { SimMember } from './sim-member.ts';

/** Whoever keeps count of what the origin gives and says. */
export interface OriginWatcher {
  fetched(member: SimMember, start: number, end: number): void;
  /** `news`: the member's when it asked. */
  ended(member: SimMember, outcome: OriginOutcome, retryAfterMs: number | undefined, news: number): void;
}
