import type { ByteRange } from '../../core/ranges.ts';

const WINDOW_BYTES = 16 * 1024;
const MIN_WINDOWS = 8;
const MAX_WINDOWS = 64;
/** One more window for each of these. */
const BYTES_PER_WINDOW = 64 * 1024 * 1024;
/** Of so many ranges the ends are looked at: what was written last is what may be missing. */
const MAX_ENDS = 16;
/** Requests to the origin at once. */
const AT_ONCE = 4;

/**
 * Where to look whether `claims` (in order, without overlaps) hold what they should: the first bytes, the ends, and 8
 * to 64 windows of 16 KiB, one at a random place in each of as many equal parts. `random` gives numbers from 0 to
 * below 1. Windows that overlap are one; few claimed bytes are looked at entirely.
 */
export function samplesOf(claims: readonly ByteRange[], random: () => number): readonly ByteRange[] {
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
    const at = Math.min(totalBytes - 1, Math.floor(((index + random()) * totalBytes) / count));
    while (at - passedBytes >= claims[range]!.end - claims[range]!.start) {
      passedBytes += claims[range]!.end - claims[range]!.start;
      range++;
    }
    look(claims[range]!, claims[range]!.start + at - passedBytes);
  }
  return mergeRanges(windows);
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
 * Whether both sides have the same bytes in all `windows`; asks for no more after the first difference. Rejects with
 * what either side rejects with.
 */
export async function agree(
  windows: readonly ByteRange[],
  here: (start: number, end: number) => Promise<Uint8Array>,
  there: (start: number, end: number) => Promise<Uint8Array>,
  signal?: AbortSignal,
): Promise<boolean> {
  let isEqual = true;
  const queue = windows.values();
  const work = async () => {
    for (const { start, end } of queue) {
      signal?.throwIfAborted();
      const [mine, theirs] = await Promise.all([here(start, end), there(start, end)]);
      if (theirs.length !== end - start || Buffer.compare(mine, theirs) !== 0) isEqual = false;
      if (!isEqual) return;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return isEqual;
}
