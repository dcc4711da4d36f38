import { MAX_PIECES } from './geometry.ts';
import type { Run } from './ranges.ts';

/** A bitfield that its holder may read and not change. */
export type ReadonlyBitfield = Omit<Bitfield, 'set' | 'clear' | 'setRun' | 'clearRun'>;

/**
 * A set of piece numbers, one bit each. It grows as needed up to `MAX_PIECES`, so that it works while the number of
 * pieces is unknown. Reading beyond its size finds nothing; writing outside 0 to `MAX_PIECES - 1` throws a `RangeError`.
 */
export class Bitfield {
  #words = new Uint32Array(4);
  #count = 0;

  constructor(pieces: Iterable<number> = []) {
    for (const piece of pieces) this.set(piece);
  }

  /** How many pieces are in the set. */
  get count(): number {
    return this.#count;
  }

  has(piece: number): boolean {
    // Bit operations see a number modulo 2^32: sort out what is beyond first.
    if (!(piece >= 0 && piece < this.#words.length * 32)) return false;
    return (this.#words[piece >>> 5]! & (1 << (piece & 31))) !== 0;
  }

  /** Adds a piece. True when it was not there before. */
  set(piece: number): boolean {
    checkRun(piece, piece + 1);
    if (this.has(piece)) return false;
    this.#growTo(piece + 1);
    this.#words[piece >>> 5]! |= 1 << (piece & 31);
    this.#count++;
    return true;
  }

  /** Takes a piece out. True when it was there. */
  clear(piece: number): boolean {
    checkRun(piece, piece + 1);
    if (!this.has(piece)) return false;
    this.#words[piece >>> 5]! &= ~(1 << (piece & 31));
    this.#count--;
    return true;
  }

  /** Adds all pieces of a run. */
  setRun(run: Run): void {
    checkRun(run.start, run.end);
    this.#growTo(run.end);
    this.#writeRun(run.start, run.end, true);
  }

  /** Takes all pieces of a run out. */
  clearRun(run: Run): void {
    checkRun(run.start, run.end);
    this.#writeRun(run.start, Math.min(run.end, this.#words.length * 32), false);
  }

  /** The lowest piece from `from` to `until - 1` that is not in the set. */
  firstMissing(from: number, until: number): number | undefined {
    const found = this.#next(from, until, false);
    return found < until ? found : undefined;
  }

  /** The lowest piece from `from` to `until - 1` that is in the set. */
  firstSet(from: number, until: number = MAX_PIECES): number | undefined {
    const found = this.#next(from, Math.min(until, this.#words.length * 32), true);
    return found < until && this.has(found) ? found : undefined;
  }

  /** The pieces as the fewest runs, ascending. */
  runs(): Run[] {
    const runs: Run[] = [];
    const size = this.#words.length * 32;
    for (let start = this.#next(0, size, true); start < size; ) {
      const end = this.#next(start, size, false);
      runs.push({ start, end });
      start = this.#next(end, size, true);
    }
    return runs;
  }

  /** The pieces, ascending. Pieces ahead may come and go meanwhile. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.#words.length; i++) {
      for (let word = this.#words[i]!; word !== 0; ) {
        const bit = 31 - Math.clz32(word & -word);
        yield i * 32 + bit;
        // Read again, for what has changed above this bit.
        word = bit === 31 ? 0 : this.#words[i]! & (-2 << bit);
      }
    }
  }

  /** The lowest piece from `from` on whose bit is `value`, or `until` when there is none below it. */
  #next(from: number, until: number, value: boolean): number {
    for (let piece = Math.max(from, 0); piece < until; ) {
      const word = this.#words[piece >>> 5] ?? 0;
      const rest = ((value ? word : ~word) >>> (piece & 31)) << (piece & 31);
      if (rest !== 0) return Math.min((piece & ~31) + 31 - Math.clz32(rest & -rest), until);
      piece = (piece | 31) + 1;
    }
    return until;
  }

  #writeRun(start: number, end: number, value: boolean): void {
    for (let piece = start; piece < end; ) {
      const next = Math.min((piece | 31) + 1, end);
      const mask = (0xffffffff >>> (32 - (next - piece))) << (piece & 31);
      const before = this.#words[piece >>> 5]!;
      const after = value ? before | mask : before & ~mask;
      this.#words[piece >>> 5] = after;
      this.#count += ones(after) - ones(before);
      piece = next;
    }
  }

  #growTo(pieces: number): void {
    const needed = (pieces + 31) >>> 5;
    if (needed <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(needed, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}

/** How many bits of a 32-bit word are set. */
function ones(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function checkRun(start: number, end: number): void {
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > MAX_PIECES) {
    throw new RangeError(`not pieces of a download: ${start} to ${end}`);
  }
}
