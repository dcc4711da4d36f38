import { statfsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { DragonloadError } from '../../core/errors.ts';

interface DiskFigures {
  /** Free blocks that this user may use, their size in bytes, and how many there are in all. */
  readonly bavail: number;
  readonly bsize: number;
  readonly blocks: number;
}

/** Throws `disk-full` with figures unless `directory` has space for `sizeBytes`, less what `part` takes already. */
export async function checkSpace(directory: string, sizeBytes: number, part: string): Promise<void> {
  const figures = await statfs(directory);
  if (shortage(figures, sizeBytes) === undefined) return;
  const taken = await stat(part).then(takenBytes, () => 0);
  const words = shortage(figures, sizeBytes - taken);
  if (words !== undefined) throw diskFull(directory, words);
}

/** The disk space that a file takes, in bytes. Holes of a sparse file take none. */
export function takenBytes({ blocks }: { readonly blocks?: number }): number {
  // POSIX stat: st_blocks counts units of 512 bytes.
  return (blocks ?? 0) * 512;
}

/**
 * `disk-full` with figures for `directory`, where `neededBytes` more are to be written; undefined if they would fit.
 */
export function lackOfSpace(
  directory: string,
  neededBytes: number,
  cause: unknown,
): DragonloadError | undefined {
  try {
    const words = shortage(statfsSync(directory), neededBytes);
    return words === undefined ? undefined : diskFull(directory, words, cause);
  } catch {
    return undefined;
  }
}

function diskFull(directory: string, words: string, cause?: unknown): DragonloadError {
  return new DragonloadError('disk-full', `${directory} has ${words} more.`, {
    facts: { path: directory },
    hint: { kind: 'free-space', path: directory },
    ...(cause === undefined ? {} : { cause }),
  });
}

function shortage({ bavail, bsize, blocks }: DiskFigures, neededBytes: number): string | undefined {
  const freeBytes = bavail * bsize;
  // Some network and user-space file systems do not know, and report 0 of 0.
  if (freeBytes >= neededBytes || blocks === 0) return undefined;
  return `${inWords(freeBytes)} free, and the file needs ${inWords(neededBytes)}`;
}

function inWords(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[power]}`;
}
