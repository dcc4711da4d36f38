import { DragonloadError } from '../core/errors.ts';
import type { FileIdentity } from '../core/messages.ts';
import type { Origin } from '../origin/origin.ts';

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
