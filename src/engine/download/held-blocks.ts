import { randomInt } from 'node:crypto';
import { blocksIn } from '../../core/block-samples.ts';
import type { Part } from '../../disk/part.ts';
import type { Sample } from '../../origin/compare/samples.ts';

/** So many blocks are read. */
const BLOCKS = 3;

/**
 * A few blocks of what is held of a file, at random: at most one of each piece, less than a block where the piece is shorter.
 * Rejects when the part is closed.
 */
export async function heldBlocks(part: Part): Promise<readonly Sample[]> {
  const { geometry } = part;
  const held = part.held.map((piece) => geometry.bytesOfRun({ start: piece, end: piece + 1 }));
  const blocks: Sample[] = [];
  for (const { start, end } of blocksIn(held, BLOCKS, randomInt)) {
    const bytes = Buffer.alloc(end - start);
    await part.read(bytes, start);
    blocks.push({ start, bytes });
  }
  return blocks;
}
