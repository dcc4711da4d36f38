import type { FileIdentity } from '../../core/messages.ts';
import type { FetchOptions, Origin, OriginResult } from '../../origin/origin.ts';
import type { LiveRange } from '../../origin/transfer/receive.ts';

/** Knows nothing of a file. */
export const ANY_FILE: FileIdentity = { sizeBytes: undefined, etag: undefined, lastModified: undefined };

/** Fetches a range and keeps its bytes. */
export async function collect(
  origin: Pick<Origin, 'fetchRange'>,
  range: LiveRange,
  options: Partial<FetchOptions> = {},
): Promise<OriginResult & { bytes: Buffer }> {
  const chunks: Buffer[] = [];
  const onChunk = (chunk: Buffer) => {
    // They are only lent.
    chunks.push(Buffer.from(chunk));
    return undefined;
  };
  const result = await origin.fetchRange(range, { identity: ANY_FILE, onChunk, ...options });
  return { ...result, bytes: Buffer.concat(chunks) };
}
