import { createHash } from 'node:crypto';
import { type FileHandle, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import { numbered, PART_SUFFIX, safeFileName } from '../core/file-name.ts';
import type { FileIdentity, PieceRecord } from '../core/messages.ts';
import { judgeEarlier } from './earlier.ts';
import { checkSpace } from './files/disk-space.ts';
import { Lock } from './files/lock.ts';
import { makeDirectory } from './files/make-directory.ts';
import { createPart, exists, openPart } from './files/part-file.ts';
import { freeName, Journal, journalPathOf, setJournalAside } from './journal/journal.ts';
import {
  type ImportedBytes,
  JOURNAL_VERSION,
  type JournalHeader,
  type JournalReading,
  readJournal,
} from './journal/journal-format.ts';

const MAX_NUMBER = 999;

export interface ClaimOptions {
  readonly directory: string;
  readonly fileName: string;
  readonly output: string | undefined;
  readonly url: string;
  readonly identity: FileIdentity;
  readonly pieceBytes: number;
  /** See `PartOptions`. */
  readonly compare?: ((start: number, end: number) => Promise<Uint8Array>) | undefined;
  /** See `PartOptions`. */
  readonly isElsewhere?: boolean | undefined;
  readonly dataDir: string;
  readonly onNotice: (message: string) => void;
  readonly onError: (error: DragonloadError) => void;
}

/** A part file that is this process's own until the lock is released. */
export interface Claim {
  readonly directory: string;
  /** The wanted name, without a number. */
  readonly name: string;
  readonly number: number;
  readonly partPath: string;
  readonly file: FileHandle;
  readonly journal: Journal;
  readonly lock: Lock;
  /** The pieces that the journal names; they are not checked yet. */
  readonly records: ReadonlyMap<number, PieceRecord>;
  /** See `JournalHeader`. */
  readonly imported: ImportedBytes | undefined;
}

/**
 * Finds the part file to go on with, or makes one. The first of `NAME.dragonload`, `NAME (1).dragonload` ... is taken
 * that is free or is a part of the same file. Existing files are never lost: a part without a journal belongs to
 * another program and is skipped; a part of an older state of the file, or with an unreadable journal, is renamed to
 * `NAME.dragonload.old-1`. Throws `part-busy`, `part-version`, `disk-full`, `unwritable`.
 */
export async function claimPart(options: ClaimOptions): Promise<Claim> {
  const wanted = await targetOf(options);
  await makeDirectory(dirname(wanted));
  // One part has one journal, whichever path leads to its directory.
  const directory = await realpath(dirname(wanted));
  const name = basename(wanted);
  for (let number = 0; number <= MAX_NUMBER; number++) {
    const claim = await claimNumber(options, directory, name, number);
    if (claim !== undefined) return claim;
  }
  throw new DragonloadError('unwritable', `${directory} has too many unfinished files named like ${name}.`, {
    facts: { path: join(directory, name) },
    hint: { kind: 'choose-name', path: join(directory, name) },
  });
}

/** The purpose that the lock of a part names: the download, without its address. */
export function purposeOf(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}

/** Another process has the part. */
export function partBusy(partPath: string): DragonloadError {
  return new DragonloadError('part-busy', `Another process is downloading ${partPath} at this moment.`, {
    facts: { path: partPath },
    hint: { kind: 'choose-name', path: partPath, instead: 'wait' },
  });
}

/**
 * The wanted path of a file, without a number. `fileName` is made safe once more; `output` is given by the user, and
 * may be any path.
 */
export async function targetOf({
  directory,
  fileName,
  output,
}: {
  readonly directory: string;
  readonly fileName: string;
  readonly output?: string | undefined;
}): Promise<string> {
  const safeName = safeFileName(fileName);
  if (output === undefined) return resolve(directory, safeName);
  const target = resolve(directory, output);
  const isDirectory = await stat(target).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? join(target, safeName) : target;
}

async function claimNumber(
  options: ClaimOptions,
  directory: string,
  name: string,
  number: number,
): Promise<Claim | undefined> {
  const { dataDir, url } = options;
  const partPath = join(directory, numbered(name, number) + PART_SUFFIX);
  const journalPath = journalPathOf(dataDir, partPath);
  const purpose = purposeOf(url);
  const lock = await Lock.acquire(`${journalPath}.lock`, purpose);
  if (!(lock instanceof Lock)) {
    if (lock.heldFor !== purpose) return undefined;
    throw partBusy(partPath);
  }
  const stack = new AsyncDisposableStack();
  try {
    stack.use(lock);
    const found = await lookAt(options, partPath, journalPath);
    if (found === undefined) {
      await stack.disposeAsync();
      return undefined;
    }
    if (found.file !== undefined) stack.use(found.file);
    const { identity, pieceBytes, onError } = options;
    await checkSpace(directory, identity.sizeBytes ?? 0, partPath);
    const target = join(directory, numbered(name, number));
    const header: JournalHeader = { url, identity, pieceBytes, target };
    // The journal comes first: a part without one would count as another program's file.
    const journal =
      found.resume === undefined
        ? await Journal.create(journalPath, header, onError)
        : await Journal.resume(journalPath, found.resume.goodBytes, onError);
    stack.defer(() => journal.close());
    const file = found.file ?? stack.use(await createPart(partPath));
    if (identity.sizeBytes !== undefined) await file.truncate(identity.sizeBytes);
    stack.move();
    const records = found.resume?.records ?? new Map<number, PieceRecord>();
    const imported = found.resume?.header.imported;
    return { directory, name, number, partPath, file, journal, lock, records, imported };
  } catch (thrown) {
    await stack.disposeAsync();
    throw thrown;
  }
}

interface Found {
  /** The part file, if there is one to go on with. */
  readonly file: FileHandle | undefined;
  /** Its journal, if it can be used. */
  readonly resume: Extract<JournalReading, { kind: 'read' }> | undefined;
}

/** What is at this path and what to do with it; undefined: leave it, and try the next number. */
async function lookAt(
  options: ClaimOptions,
  partPath: string,
  journalPath: string,
): Promise<Found | undefined> {
  const fresh: Found = { file: undefined, resume: undefined };
  const reading = await readJournal(journalPath);
  if (reading.kind === 'newer') {
    throw new DragonloadError(
      'part-version',
      `${partPath} was begun by a newer Dragonload (its journal has version ${reading.version}, this one reads ${JOURNAL_VERSION}).`,
      { facts: { path: partPath }, hint: { kind: 'choose-name', path: partPath, instead: 'update' } },
    );
  }
  if (reading.kind === 'broken') await setJournalAside(journalPath);
  if (!(await exists(partPath))) return fresh;
  if (reading.kind === 'absent') return undefined;
  if (reading.kind === 'broken') {
    const aside = await putAside(partPath);
    options.onNotice(
      `The journal of ${basename(partPath)} could not be read: the part was kept as ${aside}.`,
    );
    return fresh;
  }
  const { header } = reading;
  const like = await judgeEarlier({ partPath, header, records: reading.records }, options);
  if (like === 'other') return undefined;
  const isOtherwiseCut = like !== 'unknown' && header.pieceBytes !== options.pieceBytes;
  if (like === 'changed' || like === 'unsized' || isOtherwiseCut) {
    const aside = await putAside(partPath);
    await rename(journalPath, journalPathOf(options.dataDir, aside));
    const why =
      like === 'unsized'
        ? 'The origin does not tell the size of the file any more'
        : 'The file at its origin has changed';
    options.onNotice(`${why}: the earlier part was kept as ${basename(aside)}.`);
    return fresh;
  }
  const file = await openPart(partPath);
  if (file === undefined) return undefined;
  if (like === 'unknown') {
    // It can never be resumed: it has neither a size nor a validator.
    await file.close();
    await rm(partPath);
    return fresh;
  }
  if (like === 'size-only')
    options.onNotice(
      'The origin states neither an ETag nor a date of the file: going on with the earlier part, which has the same size.',
    );
  return { file, resume: reading };
}

async function putAside(partPath: string): Promise<string> {
  const aside = await freeName(partPath, '.old-');
  await rename(partPath, aside);
  return aside;
}
