import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trust } from '../../core/result.ts';
import type { SharedFile } from '../../disk/shared-file.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import { unchangedFile, type Wanted } from './already.ts';
import { openShared, provingDigests } from './open-shared.ts';
import { NOBODY, trustOf } from './trust.ts';

/** A whole file that is here, open to be shared, and what is known of how it came here. */
export interface FinishedHere {
  readonly file: SharedFile;
  readonly trust: Trust;
}

/**
 * The wanted file, if all of it is here: as a download of the list that neither the origin nor anybody here has changed since,
 * or under its name with every digest that is known of it. Reads it once. Undefined when it has to be fetched.
 *
 * @param row What the list knows of the download from earlier.
 */
export async function shareFinished(
  row: DownloadRow | undefined,
  wanted: Wanted,
  onNotice: (message: string) => void,
): Promise<FinishedHere | undefined> {
  const { signal } = wanted;
  const listed = await unchangedFile(row, wanted);
  if (listed !== undefined) {
    const file = await openShared(listed.path, { expected: [], onNotice, signal });
    if (file.sha256 === listed.sha256) return { file, trust: listed.trust };
    await file[Symbol.asyncDispose]();
    onNotice(`${listed.path} is not what was downloaded any more: the file is fetched again.`);
    return undefined;
  }
  const expected = provingDigests(wanted.expected);
  const path = join(wanted.directory, wanted.fileName);
  const found = await stat(path).catch(() => undefined);
  // Where the origin names no size, the pieces are cut otherwise than for a file of which the size is known.
  if (expected.length === 0 || !found?.isFile() || found.size !== wanted.identity.sizeBytes) return undefined;
  try {
    const file = await openShared(path, { expected, onNotice, signal });
    return { file, trust: trustOf(expected, [], NOBODY) };
  } catch {
    signal.throwIfAborted();
    // Another file has the name: the wanted one is fetched, and gets another.
    return undefined;
  }
}
