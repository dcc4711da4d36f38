import { lstat, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PART_SUFFIX } from '../core/file-name.ts';
import { partBusy } from './claim.ts';
import { codeOf, onDisk } from './files/disk-error.ts';
import { Lock } from './files/lock.ts';
import { exists } from './files/part-file.ts';
import { journalPathOf } from './journal/journal.ts';
import { readJournal } from './journal/journal-format.ts';

/** The path that the part of a finished file would have, in the form by which its journal is named. */
export async function partOf(targetPath: string): Promise<string> {
  const directory = await realpath(dirname(targetPath)).catch((thrown: unknown) => {
    // When the directory is gone, the path that the part had there is wanted.
    if (codeOf(thrown) === 'ENOENT') return dirname(targetPath);
    throw thrown;
  });
  return join(directory, basename(targetPath) + PART_SUFFIX);
}

/**
 * Removes a part file and its journal. False, with nothing changed, when there is no journal for it. A journal that
 * cannot be read stays, with its part. Throws `part-busy` while a process has it, `unwritable`.
 */
export async function removePart(partPath: string, dataDir: string): Promise<boolean> {
  if (!partPath.endsWith(PART_SUFFIX)) return false;
  return await onDisk(partPath, async () => {
    const path = await partOf(partPath.slice(0, -PART_SUFFIX.length));
    const journalPath = journalPathOf(dataDir, path);
    if (!(await exists(journalPath))) return false;
    const lock = await Lock.acquire(`${journalPath}.lock`, 'remove');
    if (!(lock instanceof Lock)) throw partBusy(path);
    await using _ = lock;
    if ((await readJournal(journalPath)).kind !== 'read') return false;
    // The journal goes last: a part without one would count as another program's file and stay for ever.
    if ((await exists(path)) && (await lstat(path)).isFile()) await rm(path);
    await rm(journalPath);
    return true;
  });
}
