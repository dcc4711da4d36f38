import { DragonloadError } from '../../core/errors.ts';
import type { FileIdentity, Offer } from '../../core/messages.ts';
import type { Origin } from '../../origin/origin.ts';

/**
 * Bytes `start` to `end - 1` as the origin has them now. Throws why they cannot be had: what the origin said, else
 * `origin-failed`.
 */
export async function readBytes(
  origin: Pick<Origin, 'fetchRange'>,
  identity: FileIdentity,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  let length = 0;
  const onChunk = (chunk: Buffer): undefined => {
    length += chunk.copy(bytes, length);
  };
  const result = await origin.fetchRange({ start, end }, { identity, onChunk, signal });
  if (result.outcome === 'complete' && length === bytes.length) return bytes;
  signal.throwIfAborted();
  throw (
    result.error ??
    new DragonloadError('origin-failed', result.message ?? 'The origin sent less than it was asked for.', {
      next: 'Try again later.',
      mayPass: true,
    })
  );
}

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
