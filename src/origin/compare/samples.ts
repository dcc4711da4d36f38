import { randomInt } from 'node:crypto';
import { blockNearStart } from '../../core/block-samples.ts';
import type { LiveRange } from '../transfer/receive.ts';

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
    const { start, end = sizeBytes } = range;
    const block =
      slot === undefined ? undefined : blockNearStart({ start, end }, sizeBytes, MAX_BLOCKS_IN, randomInt);
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
