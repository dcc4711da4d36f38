import type { Geometry } from '../core/geometry.ts';
import type { PieceRecord } from '../core/messages.ts';

/** Asked for at once; the hash thread takes them one after the other while the system reads ahead. */
const AHEAD = 16;

/**
 * Reads every journaled piece again and says which are what the journal says, in order. `hash` gives the SHA-256 of
 * a range; a piece that cannot be read counts as damaged. Rejects only when aborted, with the signal's reason.
 */
export async function checkRecords(
  records: ReadonlyMap<number, PieceRecord>,
  geometry: Geometry,
  hash: (start: number, end: number) => Promise<Uint8Array>,
  onProgress?: (checkedBytes: number, totalBytes: number) => void,
  signal?: AbortSignal,
): Promise<{ readonly good: readonly PieceRecord[]; readonly damaged: number }> {
  const all = [...records.values()]
    .filter(({ piece }) => piece < (geometry.pieceCount ?? 0))
    .sort((a, b) => a.piece - b.piece);
  const totalBytes = all.reduce((sum, { piece }) => sum + geometry.bytesOf(piece), 0);
  const isGood = new Array<boolean>(all.length).fill(false);
  let checkedBytes = 0;
  const queue = all.entries();
  const check = async () => {
    for (const [index, { piece, sha256 }] of queue) {
      const found = await hash(geometry.startOf(piece), geometry.endOf(piece)).catch(() => undefined);
      signal?.throwIfAborted();
      isGood[index] = found !== undefined && Buffer.compare(found, sha256) === 0;
      checkedBytes += geometry.bytesOf(piece);
      onProgress?.(checkedBytes, totalBytes);
    }
  };
  await Promise.all(Array.from({ length: AHEAD }, check));
  const good = all.filter((_, index) => isGood[index]);
  return { good, damaged: all.length - good.length };
}
