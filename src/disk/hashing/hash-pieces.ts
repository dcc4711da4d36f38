import { DragonloadError } from '../../core/errors.ts';
import { type Algorithm, digestOf } from '../digests/digest.ts';
import type { Hasher } from './hasher.ts';

/** Most pieces of one file that are hashed. */
const MAX_PIECES = 1_000_000;
/** Bytes of one request, so that other work of the hash thread gets its turn in between. */
const TURN_BYTES = 32 * 1024 * 1024;

/**
 * The hashes, in lower-case hex, of the pieces that an open file of `sizeBytes` is cut into; the last piece may be
 * shorter. An empty file has none. Throws `internal` for a read error, `bad-list` for more than a million pieces.
 */
export async function hashPieces(
  hasher: Pick<Hasher, 'pieces'>,
  part: number,
  sizeBytes: number,
  pieceBytes: number,
  algorithm: Algorithm,
): Promise<readonly string[]> {
  if (!Number.isSafeInteger(pieceBytes) || pieceBytes < 1 || sizeBytes / pieceBytes > MAX_PIECES)
    throw new DragonloadError('bad-list', `The file cannot be cut into pieces of ${pieceBytes} bytes.`);
  const hashBytes = digestOf(algorithm).digest().length;
  const turnBytes = Math.max(1, Math.floor(TURN_BYTES / pieceBytes)) * pieceBytes;
  const found: string[] = [];
  for (let start = 0; start < sizeBytes; start += turnBytes) {
    const end = Math.min(sizeBytes, start + turnBytes);
    const digests = Buffer.from(await hasher.pieces(part, start, end, pieceBytes, algorithm));
    for (let at = 0; at < digests.length; at += hashBytes)
      found.push(digests.toString('hex', at, at + hashBytes));
  }
  return found;
}
