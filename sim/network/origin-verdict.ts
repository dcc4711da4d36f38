import type { OriginOutcome } from '../../src/core/contract.ts';
import type { OriginStream } from './origin-stream.ts';

/** What the origin is like at the moment. */
export interface OriginState {
  /** It has another file. */
  readonly changed: boolean;
  /** Links before this one have expired. */
  readonly validLink: number;
  /** It serves the whole file only. */
  readonly isRangeless: boolean;
  /** It turns new requests away, with Retry-After or without. */
  readonly busy: { readonly retryAfterMs: number | undefined } | undefined;
}

/** What the origin answers to a request instead of bytes. */
export interface Verdict {
  readonly outcome: OriginOutcome;
  readonly retryAfterMs?: number | undefined;
}

/** Why a request gets no bytes; undefined: it is served. `isOneTooMany`: the member has more connections than allowed. */
export function verdictOf(
  origin: OriginState,
  stream: OriginStream,
  isOneTooMany: boolean,
): Verdict | undefined {
  const { member } = stream;
  if (origin.changed || member.refused || !member.spec.canFetch) return { outcome: 'refused' };
  if (stream.link < origin.validLink) return { outcome: 'expired' };
  if (origin.isRangeless && !member.readsWhole && stream.start > 0) return { outcome: 'rangeless' };
  if (origin.busy !== undefined) return { outcome: 'busy', retryAfterMs: origin.busy.retryAfterMs };
  return isOneTooMany ? { outcome: 'busy' } : undefined;
}
