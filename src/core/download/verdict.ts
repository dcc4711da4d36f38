import type { MemberId } from '../ids.ts';
import type { PieceRecord } from '../messages.ts';
import { sameBytes } from './knowledge.ts';

/** What is known about a piece whose bytes are all on disk and have been hashed. */
export interface Evidence {
  readonly sha256: Uint8Array;
  /** Where the bytes came from: `origin` or member ids. */
  readonly sources: ReadonlySet<string>;
  /** The signed record with this hash, else the one that is believed so far. */
  readonly record: PieceRecord | undefined;
  /** Whether more of the same transfer is under way, and the record may come with it. */
  readonly arriving: boolean;
}

export type Verdict =
  /** It came from the origin: this member vouches for it, and whoever signed another hash has lied. */
  | { readonly kind: 'sign' }
  /** It is what its fetcher signed. */
  | { readonly kind: 'keep'; readonly record: PieceRecord }
  /** Nothing to compare it with yet. */
  | { readonly kind: 'wait' }
  /** It is not what its fetcher signed, or nobody signed it. `culprit` alone sent all of its bytes. */
  | { readonly kind: 'discard'; readonly culprit: MemberId | undefined };

/** Decides whether a piece may be kept. What this member fetched itself is believed before what anybody signed. */
export function judgePiece({ sha256, sources, record, arriving }: Evidence): Verdict {
  const [source] = sources;
  const matches = record !== undefined && sameBytes(record.sha256, sha256);
  if (sources.size === 1 && source === 'origin') return { kind: 'sign' };
  if (record) {
    if (matches) return { kind: 'keep', record };
    // Bytes from several hands: none can be named.
    return { kind: 'discard', culprit: sources.size === 1 ? source : undefined };
  }
  // The beginning from the origin, the end fetched by another member for this one: this member is the first to know.
  if (sources.has('origin')) return { kind: 'sign' };
  return arriving ? { kind: 'wait' } : { kind: 'discard', culprit: undefined };
}
