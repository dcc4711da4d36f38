import { randomInt } from 'node:crypto';
import type { Part } from '../../disk/part.ts';
import { SAMPLE_BYTES, type Sample } from '../../origin/compare/samples.ts';

/** So many blocks are read. */
const BLOCKS = 3;

/**
 * A few blocks of what is held of a file, at random: at most one of each piece, less than a block where the piece is shorter.
 * Rejects when the part is closed.
 */
export async function heldBlocks(part: Part): Promise<readonly Sample[]> {
  const pieces = [...part.held];
  const { geometry } = part;
  const blocks: Sample[] = [];
  while (pieces.length > 0 && blocks.length < BLOCKS) {
    const [piece] = pieces.splice(randomInt(pieces.length), 1);
    const { start: first, end } = geometry.bytesOfRun({ start: piece!, end: piece! + 1 });
    const start = first + SAMPLE_BYTES * randomInt(Math.ceil((end - first) / SAMPLE_BYTES));
    const bytes = Buffer.alloc(Math.min(SAMPLE_BYTES, end - start));
    await part.read(bytes, start);
    blocks.push({ start, bytes });
  }
  return blocks;
}
