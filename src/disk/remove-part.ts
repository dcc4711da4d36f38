import { lstat, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PART_SUFFIX } from '../core/file-name.ts';
import { partBusy } from './claim.ts';
import { codeOf, onDisk } from './files/disk-error.ts';
import { Lock } from './files/lock.ts';
import { exists } from './files/part-file.ts';
import { journalPathOf } from './journal/journal.ts';
import { readJournal } from './journal/journal-format.ts';

/** Where the part of a finished file's path would be, by the one name that its journal is known by. */
export async function partOf(targetPath: string): Promise<string> {
  const directory = await realpath(dirname(targetPath)).catch((thrown: unknown) => {
    // Whoever asks about a directory that is gone wants to know what the part was called there.
    if (codeOf(thrown) === 'ENOENT') return dirname(targetPath);
    throw thrown;
  });
  return join(directory, basename(targetPath) + PART_SUFFIX);
}

/**
 * Removes a part file and its journal. False, and nothing is touched: there is no journal that says it is ours. A
 * journal that cannot be read stays, with its part. Throws `part-busy` while a process has it, `unwritable`.
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
    // The part first: a part without a journal would be taken for somebody else's and stay for ever.
    if ((await exists(path)) && (await lstat(path)).isFile()) await rm(path);
    await rm(journalPath);
    return true;
  });
}
