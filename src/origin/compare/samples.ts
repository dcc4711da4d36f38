import { randomInt } from 'node:crypto';
import { blockNearStart } from '../../core/block-samples.ts';
import type { LiveRange } from '../transfer/receive.ts';

const MAX_SAMPLES = 4;
/** A sample is taken within this many blocks of the start of a transfer: few transfers end before that. */
const MAX_BLOCKS_IN = 32;

/** A few bytes of a file and their place. */
export interface Sample {
  readonly start: number;
  readonly bytes: Buffer;
}

type OnChunk = (chunk: Buffer) => Promise<void> | undefined;

/**
 * Keeps a few random blocks of the bytes received of a file, to compare other origins with when their own origin may no
 * longer serve.
 */
export class Samples {
  readonly #kept: (Sample | undefined)[] = Array.from({ length: MAX_SAMPLES }, () => undefined);
  #watched = 0;

  get all(): readonly Sample[] {
    return this.#kept.filter((sample) => sample !== undefined);
  }

  /** The `onChunk` of a transfer, perhaps wrapped to keep a sample. Each block has the same chance to be one. */
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
