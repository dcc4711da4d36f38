import type { OriginOutcome } from '../../src/core/contract.ts';
import type { Context } from '../network/context.ts';
import type { SimMember } from '../network/sim-member.ts';

/** What the origin has said to each member: by this is judged whether a member may ask it again. */
export class OriginAnswers {
  readonly #context: Context;
  /** Until when the origin asked each member to wait. */
  readonly waitUntilMs = new Map<SimMember, number>();
  readonly refused = new Set<SimMember>();
  /** Members whose core has given up. */
  readonly failed = new Set<SimMember>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** `news`: the member's when it asked. What the origin says to an older request is about the past. */
  ended(member: SimMember, outcome: OriginOutcome, retryAfterMs: number | undefined, news: number): void {
    if (outcome === 'busy' && retryAfterMs !== undefined) {
      this.waitUntilMs.set(member, this.#context.clock.nowMs + retryAfterMs);
    }
    if ((outcome === 'refused' || outcome === 'expired') && news === member.news) this.refused.add(member);
  }

  /** There is something new about the origin: the member may ask it again, and a failed download goes on. */
  revived(member: SimMember): void {
    member.news++;
    this.forget(member);
  }

  /** Nothing is known of the member any more: its process has ended. */
  forget(member: SimMember): void {
    this.refused.delete(member);
    this.waitUntilMs.delete(member);
    this.failed.delete(member);
  }
}
