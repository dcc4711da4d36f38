import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PieceDigest } from '../../disk/digests/digest.ts';
import type { Part } from '../../disk/part.ts';
import { bytesOf, keepPiece, openPart, temporaryDirectory, writeRange } from './parts.ts';

/** The size of its pieces, in bytes. */
export const PIECE = 256 * 1024;
/** The whole file. */
export const content = bytesOf(8 * PIECE + 321);

/** The numbers of the pieces that a part has gone on with. */
export const pieces = (part: Part) => part.resumed.map(({ piece }) => piece);
/** A record that nobody has signed. */
export const unsigned = (piece: number, digest: Uint8Array) => ({
  piece,
  sha256: digest,
  signer: '0'.repeat(64),
  signature: new Uint8Array(64),
});
/** What lies in a directory beside the data of the program. */
export const parts = async (directory: string) =>
  (await readdir(directory)).filter((name) => name !== 'data').sort();

/** A directory in which a run has kept the pieces 0, 1, 2, 5 and 8 and was stopped. */
export async function interrupted(
  t: TestContext,
  pieceDigest: PieceDigest = 'sha256',
  lastModified?: string,
) {
  const directory = await temporaryDirectory(t);
  const identity = { sizeBytes: content.length, etag: '"one"', lastModified };
  const part = await openPart(t, directory, content, { pieceDigest, identity });
  await writeRange(part, content, 0, content.length);
  for (const piece of [5, 0, 8, 1, 2]) {
    if (pieceDigest === 'sha256') await keepPiece(part, content, piece);
    else await part.keep(unsigned(piece, await part.hash(piece)));
  }
  await part[Symbol.asyncDispose]();
  const [journal] = await readdir(join(directory, 'data', 'journals'));
  assert.ok(journal !== undefined);
  assert.ok(journal.endsWith('.jsonl'));
  return {
    directory,
    part: join(directory, 'file.bin.dragonload'),
    journal: join(directory, 'data', 'journals', journal),
  };
}
