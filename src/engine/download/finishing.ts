import { DragonloadError } from '../../core/errors.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { FinishedPart } from '../../disk/files/part-options.ts';
import type { Part } from '../../disk/part.ts';
import type { PieceHashes } from '../../lists/job.ts';

/** What came of checking a whole file: it has its name now, or these pieces of ours, in order, are why it is wrong. */
export type Finishing =
  | { readonly kind: 'finished'; readonly file: FinishedPart }
  | { readonly kind: 'suspect'; readonly pieces: readonly number[]; readonly message: string };

/**
 * Checks the whole file and gives it its name. Where the hashes of pieces were published too, they are looked at when
 * the whole is wrong, and at once when there is nothing else to go by: then the damage is found, and no more than that has
 * to be fetched again. Where there are none, what `doubtOthers` returns is suspected. Throws as `Part.finish` does.
 *
 * @param doubtOthers Pieces that came, or may have come, from other addresses than the first. Gives these up.
 */
export async function finishPart(
  part: Part,
  expected: readonly ExpectedDigest[],
  hashes: PieceHashes | undefined,
  doubtOthers: () => readonly number[],
): Promise<Finishing> {
  if (hashes !== undefined && expected.length === 0) {
    const found = await suspectsOf(part, hashes);
    if (found !== undefined) return found;
  }
  try {
    return { kind: 'finished', file: await part.finish(expected) };
  } catch (thrown) {
    const { code, message } = DragonloadError.from(thrown);
    if (code !== 'digest-mismatch') throw thrown;
    const found = hashes === undefined ? undefined : await suspectsOf(part, hashes);
    if (found !== undefined) return found;
    const pieces = doubtOthers();
    if (pieces.length === 0) throw thrown;
    return { kind: 'suspect', pieces, message };
  }
}

/** Our pieces in which a published one lies, wholly or partly, that has another hash; undefined when there is none. */
async function suspectsOf(
  part: Part,
  { algorithm, pieceBytes, hashes }: PieceHashes,
): Promise<Extract<Finishing, { kind: 'suspect' }> | undefined> {
  const actual = await part.hashPieces(algorithm, pieceBytes);
  // Hashes of another file tell nothing of this one.
  if (actual.length !== hashes.length) return undefined;
  const { geometry } = part;
  const sizeBytes = geometry.sizeBytes ?? 0;
  const pieces = new Set<number>();
  let wrong = 0;
  for (const [index, hash] of actual.entries()) {
    if (hash === hashes[index]) continue;
    wrong += 1;
    const end = Math.min(sizeBytes, (index + 1) * pieceBytes);
    const last = geometry.pieceAt(end - 1);
    for (let piece = geometry.pieceAt(index * pieceBytes); piece <= last; piece++) pieces.add(piece);
  }
  if (wrong === 0) return undefined;
  const message = `${wrong} of ${hashes.length} published pieces differ from what has arrived.`;
  return { kind: 'suspect', pieces: [...pieces].sort((a, b) => a - b), message };
}
