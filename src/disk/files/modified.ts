import { statSync } from 'node:fs';

/**
 * When the file at `path` was last modified, in milliseconds, as its file system says; undefined where there is none.
 * Asked on this thread: of a file that was just written the system needs no disk access, and another thread costs ten
 * times as much.
 */
export function modifiedMs(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  } catch {
    return undefined;
  }
}
