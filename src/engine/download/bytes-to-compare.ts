import type { Offer } from '../../core/messages.ts';
import type { Origin } from '../../origin/origin.ts';
import { readBytes } from '../../origin/transfer/read-bytes.ts';

/**
 * Bytes of a file to compare with those of an earlier run. No bytes at all, which are equal to none, where another member
 * offers it and its origin cannot be reached from here.
 */
export function bytesToCompare(
  { origin, offer, isOffered }: { origin: Origin; offer: Offer; isOffered?: boolean | undefined },
  signal: AbortSignal,
): (start: number, end: number) => Promise<Uint8Array> {
  return (start, end) =>
    readBytes(origin, offer.identity, { start, end }, signal).catch((thrown: unknown) => {
      if (isOffered !== true || signal.aborted) throw thrown;
      return new Uint8Array();
    });
}
