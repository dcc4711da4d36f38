import { randomInt } from 'node:crypto';
import type { LiveRange } from '../transfer/receive.ts';

/** A sample is a whole block of this size, or the file's last one. */
export const SAMPLE_BYTES = 64 * 1024;
const MAX_SAMPLES = 4;
/** A sample lies within so many blocks of the start of its transfer: few transfers end before that. */
const MAX_BLOCKS_IN = 32;

/** A few bytes of a file and their place. */
export interface Sample {
  readonly start: number;
  readonly bytes: Buffer;
}

type OnChunk = (chunk: Buffer) => Promise<void> | undefined;

/**
 * Keeps a few blocks, at random, of what was received of a file, to compare other origins with when the one that they
 * came from may serve no more.
 */
export class Samples {
  readonly #kept: (Sample | undefined)[] = Array.from({ length: MAX_SAMPLES }, () => undefined);
  #watched = 0;

  get all(): readonly Sample[] {
    return this.#kept.filter((sample) => sample !== undefined);
  }

  /** `onChunk` for a transfer of a range, or one that does the same and keeps a sample. All have the same chance. */
  watch(range: LiveRange, sizeBytes: number, onChunk: OnChunk): OnChunk {
    const slot = this.#slot();
    const block =
      slot === undefined ? undefined : randomBlock(range.start, range.end ?? sizeBytes, sizeBytes);
    if (slot === undefined || block === undefined) return onChunk;
    const bytes = Buffer.allocUnsafe(block.end - block.start);
    let position = range.start;
    return (chunk) => {
      const from = position;
      position += chunk.length;
      if (position > block.start && from < block.end) {
        // Chunks are only lent.
        chunk.copy(bytes, Math.max(0, from - block.start), Math.max(0, block.start - from), block.end - from);
        if (position >= block.end) this.#kept[slot] = { start: block.start, bytes };
      }
      return onChunk(chunk);
    };
  }

  #slot(): number | undefined {
    this.#watched += 1;
    const empty = this.#kept.indexOf(undefined);
    if (empty >= 0) return empty;
    const slot = randomInt(this.#watched);
    return slot < MAX_SAMPLES ? slot : undefined;
  }
}

/** So many different blocks of a file, at random; all of them if there are no more. In ascending order. */
export function randomBlocks(sizeBytes: number, count: number): { start: number; end: number }[] {
  const blocks = Math.ceil(sizeBytes / SAMPLE_BYTES);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, blocks)) chosen.add(randomInt(blocks));
  return [...chosen].sort((a, b) => a - b).map((block) => blockAt(block, sizeBytes));
}

export function firstBlock(sizeBytes: number): { start: number; end: number } {
  return blockAt(0, sizeBytes);
}

/** A block that lies in a range, not far from its start. */
function randomBlock(
  start: number,
  end: number,
  sizeBytes: number,
): { start: number; end: number } | undefined {
  const first = Math.ceil(start / SAMPLE_BYTES);
  const behind = end >= sizeBytes ? Math.ceil(sizeBytes / SAMPLE_BYTES) : Math.floor(end / SAMPLE_BYTES);
  const count = Math.min(behind - first, MAX_BLOCKS_IN);
  return count > 0 ? blockAt(first + randomInt(count), sizeBytes) : undefined;
}

function blockAt(block: number, sizeBytes: number): { start: number; end: number } {
  const start = block * SAMPLE_BYTES;
  return { start, end: Math.min(start + SAMPLE_BYTES, sizeBytes) };
}
