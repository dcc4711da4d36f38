import type { FileHandle } from 'node:fs/promises';
import type { Geometry } from '../../core/geometry.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { digestOf, type PieceDigest } from '../digests/digest.ts';
import { readInto } from '../files/part-file.ts';

const READ_BYTES = 1024 * 1024;
const HOLE_BYTES = 16 * 1024;
const HOLE = Buffer.alloc(HOLE_BYTES);

/** The pieces that lie within one range, in order. */
export function wholePieces(ranges: readonly ByteRange[], geometry: Geometry): readonly number[] {
  return ranges.flatMap(({ start, end }) => {
    const first = Math.ceil(start / geometry.pieceBytes);
    // The last piece of the file ends where the file does.
    const last = end === geometry.sizeBytes ? geometry.pieceCount! : Math.floor(end / geometry.pieceBytes);
    return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  });
}

/** The digest of a piece in the file; undefined when the piece may have a hole. */
export async function hashPiece(
  file: FileHandle,
  geometry: Geometry,
  piece: number,
  pieceDigest: PieceDigest,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const digest = digestOf(pieceDigest);
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, geometry.bytesOf(piece)));
  for (let start = geometry.startOf(piece); start < geometry.endOf(piece); start += buffer.length) {
    signal?.throwIfAborted();
    const bytes = buffer.subarray(0, Math.min(buffer.length, geometry.endOf(piece) - start));
    await readInto(file, bytes, start);
    for (let at = 0; at + HOLE_BYTES <= bytes.length; at += HOLE_BYTES) {
      if (HOLE.equals(bytes.subarray(at, at + HOLE_BYTES))) return undefined;
    }
    digest.update(bytes);
  }
  return new Uint8Array(digest.digest());
}
