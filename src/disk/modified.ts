import { stat } from 'node:fs/promises';

/** When the file at `path` was last modified, in milliseconds, as its file system says; undefined where there is none. */
export async function modifiedMs(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}
