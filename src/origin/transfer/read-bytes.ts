import { DragonloadError } from '../../core/errors.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import type { FetchOptions } from './origin-options.ts';
import type { OriginResult } from './outcome.ts';
import type { LiveRange } from './receive.ts';

/** Anything that fetches ranges of a file: an origin, or several addresses of one file. */
export interface RangeSource {
  fetchRange(range: LiveRange, options: FetchOptions): Promise<OriginResult>;
}

/**
 * Bytes `start` to `end - 1` as the origin has them now. Throws why they cannot be fetched: the error of the origin,
 * else `origin-failed`.
 */
export async function readBytes(
  source: RangeSource,
  identity: FileIdentity,
  { start, end }: ByteRange,
  signal: AbortSignal,
): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  let length = 0;
  const onChunk = (chunk: Buffer): undefined => {
    length += chunk.copy(bytes, length);
  };
  const result = await source.fetchRange({ start, end }, { identity, onChunk, signal });
  if (result.outcome === 'complete' && length === bytes.length) return bytes;
  signal.throwIfAborted();
  throw (
    result.error ??
    new DragonloadError('origin-failed', result.message ?? 'The origin sent less than it was asked for.', {
      hint: { kind: 'try-later' },
      mayPass: true,
    })
  );
}
