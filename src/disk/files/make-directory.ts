import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './disk-error.ts';

/**
 * Makes a directory and those above it that are missing, as `mkdir -p`; `mode` is for all that are made. Node's own
 * `recursive` (24.21) never returns where the system refuses to make a directory with "no such file", as /proc and
 * automounts do: it takes that for a missing parent, finds the parent, and tries again for ever. Throws system errors.
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  if (await isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeDirectory(parent, mode);
  try {
    await mkdir(path, mode);
  } catch (thrown) {
    // Another process may have made it first.
    if (codeOf(thrown) !== 'EEXIST' || !(await isDirectory(path))) throw thrown;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}
