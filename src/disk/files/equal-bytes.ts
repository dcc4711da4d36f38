import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../../core/ranges.ts';
import { readInto } from './part-file.ts';

/** Requests to the origin at once. */
const AT_ONCE = 4;

/** Bytes `start` to `end - 1` of a file, as one side of a comparison has them. */
export type ReadBytes = (start: number, end: number) => Promise<Uint8Array>;

/** The side that is an open file. Rejects where the file is shorter. */
export function readerOf(file: FileHandle): ReadBytes {
  return async (start, end) => {
    const bytes = Buffer.allocUnsafe(end - start);
    await readInto(file, bytes, start);
    return bytes;
  };
}

/**
 * Whether both sides have the same bytes in all `windows`; asks for no more after the first difference. Rejects with
 * what either side rejects with.
 */
export async function areEqualIn(
  windows: readonly ByteRange[],
  here: ReadBytes,
  there: ReadBytes,
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
