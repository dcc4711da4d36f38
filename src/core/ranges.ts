/** Bytes `start` to `end - 1` of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Pieces `start` to `end - 1` of a download. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** What two ranges have in common, or `undefined` when that is nothing. */
export function intersectRanges(a: ByteRange, b: ByteRange): ByteRange | undefined {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : undefined;
}

/** Ascending piece numbers as the fewest runs; one that is repeated counts once. Throws a `RangeError` out of order. */
export function toRuns(pieces: Iterable<number>): Run[] {
  const runs: Run[] = [];
  let start = -1;
  let end = -1;
  for (const piece of pieces) {
    if (!Number.isSafeInteger(piece) || piece < Math.max(end - 1, 0)) {
      throw new RangeError(`piece ${piece} is out of order`);
    }
    if (piece === end - 1) continue;
    if (piece !== end) {
      if (end !== -1) runs.push({ start, end });
      start = piece;
    }
    end = piece + 1;
  }
  if (end !== -1) runs.push({ start, end });
  return runs;
}

/** How many bytes ranges that do not overlap have. */
export function bytesIn(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The same bytes in order, in as few ranges as can be. */
export function mergeRanges(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/**
 * Whole numbers from 0 to 2^53 - 1, kept as disjoint half-open ranges in ascending order; ranges that touch are one.
 * Look-ups take O(log n) for n ranges. Every method throws a `RangeError` for a range that is not two such numbers with
 * `start <= end`; the empty range adds and removes nothing, overlaps nothing and is covered by all.
 */
export class RangeSet {
  // start, end, start, end ...: strictly ascending, so that the parity of an index tells inside from outside.
  readonly #bounds: number[] = [];
  #total = 0;

  constructor(ranges: Iterable<ByteRange> = []) {
    for (const range of ranges) this.add(range);
  }

  /** How many numbers are in the set. */
  get total(): number {
    return this.#total;
  }

  /** How many disjoint ranges it takes to write the set down. */
  get rangeCount(): number {
    return this.#bounds.length / 2;
  }

  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  /** The lowest range of the set, as long as it goes. */
  get first(): ByteRange | undefined {
    return this.isEmpty ? undefined : this.#rangeAt(0);
  }

  add(range: ByteRange): void {
    check(range);
    if (range.start === range.end) return;
    const from = this.#atOrAbove(range.start);
    const to = this.#above(range.end);
    // An odd index lies inside a range or at its end: that range goes on, and needs no new bound.
    this.#replace(from, to, from % 2 === 0 ? range.start : undefined, to % 2 === 0 ? range.end : undefined);
  }

  remove(range: ByteRange): void {
    check(range);
    if (range.start === range.end) return;
    const from = this.#atOrAbove(range.start);
    const to = this.#above(range.end);
    this.#replace(from, to, from % 2 === 1 ? range.start : undefined, to % 2 === 1 ? range.end : undefined);
  }

  has(n: number): boolean {
    return this.#above(n) % 2 === 1;
  }

  /** Whether every number of `range` is in the set. */
  covers(range: ByteRange): boolean {
    check(range);
    if (range.start === range.end) return true;
    const above = this.#above(range.start);
    return above % 2 === 1 && this.#bounds[above]! >= range.end;
  }

  /** Whether any number of `range` is in the set. */
  overlaps(range: ByteRange): boolean {
    check(range);
    if (range.start === range.end) return false;
    const above = this.#above(range.start);
    return above % 2 === 1 || (above < this.#bounds.length && this.#bounds[above]! < range.end);
  }

  /** What of `within` is not in the set, ascending. */
  gaps(within: ByteRange): ByteRange[] {
    return [...this.#gaps(within)];
  }

  /** The first of the gaps, without looking for the others. */
  firstGap(within: ByteRange): ByteRange | undefined {
    for (const gap of this.#gaps(within)) return gap;
    return undefined;
  }

  /** What of `range` is in the set, ascending. */
  intersect(range: ByteRange): ByteRange[] {
    check(range);
    const common: ByteRange[] = [];
    for (let i = this.#above(range.start) & ~1; i < this.#bounds.length; i += 2) {
      const part = intersectRanges(this.#rangeAt(i), range);
      if (part === undefined) break;
      common.push(part);
    }
    return common;
  }

  /** The ranges, ascending. The set must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<ByteRange> {
    for (let i = 0; i < this.#bounds.length; i += 2) yield this.#rangeAt(i);
  }

  *#gaps(within: ByteRange): Iterable<ByteRange> {
    check(within);
    let start = within.start;
    const above = this.#above(start);
    // Inside a range, what is asked about begins at its end at the earliest.
    if (above % 2 === 1) start = this.#bounds[above]!;
    for (let i = above + (above % 2); start < within.end; i += 2) {
      const end = Math.min(this.#bounds[i] ?? within.end, within.end);
      if (start < end) yield { start, end };
      start = this.#bounds[i + 1] ?? within.end;
    }
  }

  #rangeAt(index: number): ByteRange {
    return { start: this.#bounds[index]!, end: this.#bounds[index + 1]! };
  }

  /** Puts up to two bounds in place of those from index `from` to `to - 1`. */
  #replace(from: number, to: number, start: number | undefined, end: number | undefined): void {
    const fresh: number[] = [];
    if (start !== undefined) fresh.push(start);
    if (end !== undefined) fresh.push(end);
    for (let i = from; i < to; i++) this.#total += i % 2 === 0 ? this.#bounds[i]! : -this.#bounds[i]!;
    for (let i = 0; i < fresh.length; i++) this.#total += (from + i) % 2 === 0 ? -fresh[i]! : fresh[i]!;
    // Growing a range at one end is by far the most frequent change, and moves nothing.
    if (fresh.length === to - from) for (let i = 0; i < fresh.length; i++) this.#bounds[from + i] = fresh[i]!;
    else this.#bounds.splice(from, to - from, ...fresh);
  }

  /** Index of the first bound that is `n` or more. */
  #atOrAbove(n: number): number {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bounds[middle]! < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first bound that is more than `n`. */
  #above(n: number): number {
    return this.#atOrAbove(n + 1);
  }
}

function check(range: ByteRange): void {
  if (!Number.isSafeInteger(range.start) || !Number.isSafeInteger(range.end)) {
    throw new RangeError(`not whole numbers: ${range.start} to ${range.end}`);
  }
  if (range.start < 0 || range.end < range.start) {
    throw new RangeError(`not a range: ${range.start} to ${range.end}`);
  }
}
