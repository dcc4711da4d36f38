import { type ByteRange, bytesIn, mergeRanges } from './ranges.ts';

/** A whole number from 0 to below `below`, which nobody else can guess. The core has no randomness of its own. */
export type RandomBelow = (below: number) => number;

const WINDOW_BYTES = 16 * 1024;
const MIN_WINDOWS = 8;
const MAX_WINDOWS = 64;
/** One more window for each of these. */
const BYTES_PER_WINDOW = 64 * 1024 * 1024;
/** Of so many ranges the ends are looked at: what was written last is what may be missing. */
const MAX_ENDS = 16;

/**
 * Where to look whether `claims` (in order, without overlaps) hold what they should: the first bytes, the ends, and 8
 * to 64 windows of 16 KiB, one at a random place in each of as many equal parts. Windows that overlap are one; few claimed bytes are looked at entirely.
 */
export function samplesOf(claims: readonly ByteRange[], randomBelow: RandomBelow): readonly ByteRange[] {
  const totalBytes = bytesIn(claims);
  if (totalBytes === 0) return [];
  const count = Math.min(MAX_WINDOWS, MIN_WINDOWS + Math.floor(totalBytes / BYTES_PER_WINDOW));
  const windows: ByteRange[] = [];
  let range = 0;
  let passedBytes = 0;
  const look = (claim: ByteRange, at: number) => {
    const start = Math.max(claim.start, Math.min(at, claim.end - WINDOW_BYTES));
    windows.push({ start, end: Math.min(claim.end, start + WINDOW_BYTES) });
  };
  look(claims[0]!, claims[0]!.start);
  for (const claim of claims.slice(-MAX_ENDS)) look(claim, claim.end);
  for (let index = 0; index < count; index++) {
    const first = Math.floor((index * totalBytes) / count);
    const partBytes = Math.max(1, Math.floor(((index + 1) * totalBytes) / count) - first);
    const at = Math.min(totalBytes - 1, first + randomBelow(partBytes));
    while (at - passedBytes >= claims[range]!.end - claims[range]!.start) {
      passedBytes += claims[range]!.end - claims[range]!.start;
      range++;
    }
    look(claims[range]!, claims[range]!.start + at - passedBytes);
  }
  return mergeRanges(windows);
}

/** A sample that is kept of what comes is a whole block of this size, or the file's last one. */
export const SAMPLE_BYTES = 64 * 1024;

/** So many different blocks of a file, at random; all of them if there are no more. In ascending order. */
export function randomBlocks(sizeBytes: number, count: number, randomBelow: RandomBelow): ByteRange[] {
  const blocks = Math.ceil(sizeBytes / SAMPLE_BYTES);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, blocks)) chosen.add(randomBelow(blocks));
  return [...chosen].sort((a, b) => a - b).map((block) => blockAt(block, sizeBytes));
}

/** The file's first block, which is less than a block where the file is. */
export function firstBlock(sizeBytes: number): ByteRange {
  return blockAt(0, sizeBytes);
}

/** A whole block that lies in `range`, among the first `most` of those; undefined where the range holds none. */
export function blockNearStart(
  { start, end }: ByteRange,
  sizeBytes: number,
  most: number,
  randomBelow: RandomBelow,
): ByteRange | undefined {
  const first = Math.ceil(start / SAMPLE_BYTES);
  const behind = end >= sizeBytes ? Math.ceil(sizeBytes / SAMPLE_BYTES) : Math.floor(end / SAMPLE_BYTES);
  const count = Math.min(behind - first, most);
  return count > 0 ? blockAt(first + randomBelow(count), sizeBytes) : undefined;
}

/** One block, or what there is of it, in each of at most `count` of the ranges, both at random. The ranges are not empty. */
export function blocksIn(
  ranges: readonly ByteRange[],
  count: number,
  randomBelow: RandomBelow,
): readonly ByteRange[] {
  const left = [...ranges];
  const blocks: ByteRange[] = [];
  while (left.length > 0 && blocks.length < count) {
    const range = left.splice(randomBelow(left.length), 1)[0]!;
    const start =
      range.start + SAMPLE_BYTES * randomBelow(Math.ceil((range.end - range.start) / SAMPLE_BYTES));
    blocks.push({ start, end: Math.min(start + SAMPLE_BYTES, range.end) });
  }
  return blocks;
}

function blockAt(block: number, sizeBytes: number): ByteRange {
  const start = block * SAMPLE_BYTES;
  return { start, end: Math.min(start + SAMPLE_BYTES, sizeBytes) };
}
