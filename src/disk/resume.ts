import type { Geometry } from '../core/geometry.ts';
import type { PieceRecord } from '../core/messages.ts';
import { type PieceDigest, pieceDigestOf } from './digests/digest.ts';

/** Pieces requested at once; the hash thread takes them one after the other while the system reads ahead. */
const AHEAD = 16;

/**
 * Reads every journaled piece again and returns those that match the journal, in order. `hash` gives digests of a
 * range; a piece that cannot be read counts as damaged. Where SHA-256 is `wanted` and the journal has less, the record
 * gets it from the same read. Rejects only when aborted, with the signal's reason.
 */
export async function checkRecords(
  records: ReadonlyMap<number, PieceRecord>,
  geometry: Geometry,
  wanted: PieceDigest,
  hash: (start: number, end: number, digests: readonly PieceDigest[]) => Promise<readonly Uint8Array[]>,
  onProgress?: (checkedBytes: number, totalBytes: number) => void,
  signal?: AbortSignal,
): Promise<{ readonly good: readonly PieceRecord[]; readonly damaged: number }> {
  const all = [...records.values()]
    .filter(({ piece }) => piece < (geometry.pieceCount ?? 0))
    .sort((a, b) => a.piece - b.piece);
  const totalBytes = all.reduce((sum, { piece }) => sum + geometry.bytesOf(piece), 0);
  const checked = new Array<PieceRecord | undefined>(all.length);
  let checkedBytes = 0;
  const queue = all.entries();
  const check = async () => {
    for (const [index, record] of queue) {
      const { piece, sha256 } = record;
      const known = pieceDigestOf(sha256);
      const digests = known === 'crc32' && wanted === 'sha256' ? [known, wanted] : [known];
      const found = await hash(geometry.startOf(piece), geometry.endOf(piece), digests).catch(() => []);
      signal?.throwIfAborted();
      const [same, better] = found;
      if (same !== undefined && Buffer.compare(same, sha256) === 0) {
        checked[index] = better === undefined ? record : { ...record, sha256: better };
      }
      checkedBytes += geometry.bytesOf(piece);
      onProgress?.(checkedBytes, totalBytes);
    }
  };
  await Promise.all(Array.from({ length: AHEAD }, check));
  const good = checked.filter((record) => record !== undefined);
  return { good, damaged: all.length - good.length };
}
