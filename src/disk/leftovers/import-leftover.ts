import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type RandomBelow, samplesOf } from '../../core/block-samples.ts';
import { DragonloadError } from '../../core/errors.ts';
import { PART_SUFFIX } from '../../core/file-name.ts';
import type { Geometry } from '../../core/geometry.ts';
import type { FileIdentity, PieceRecord } from '../../core/messages.ts';
import { bytesIn } from '../../core/ranges.ts';
import { purposeOf, targetOf } from '../claim.ts';
import type { PieceDigest } from '../digests/digest.ts';
import { codeOf, diskError } from '../files/disk-error.ts';
import { areEqualIn, type ReadBytes, readerOf } from '../files/equal-bytes.ts';
import { Lock } from '../files/lock.ts';
import { makeDirectory } from '../files/make-directory.ts';
import { exists, moveTo, NO_FOLLOW } from '../files/part-file.ts';
import { freeName, Journal, journalPathOf, setJournalAside } from '../journal/journal.ts';
import {
  type ImportedBytes,
  JOURNAL_VERSION,
  NOBODY,
  readJournal,
  UNSIGNED,
} from '../journal/journal-format.ts';
import { CONTROL_SUFFIX } from './aria2-control.ts';
import { claimedBy } from './leftover.ts';
import { hashPiece, wholePieces } from './leftover-pieces.ts';
import { isOpenElsewhere } from './open-elsewhere.ts';

const BEING_WRITTEN = 'another program is writing it at this moment';

export interface LeftoverOptions {
  /** The unfinished file, or its `.aria2` control file. */
  readonly leftover: string;
  /** As for `Part.open`, which resumes it. */
  readonly directory: string;
  readonly fileName: string;
  readonly output?: string | undefined;
  readonly url: string;
  readonly identity: FileIdentity;
  readonly geometry: Geometry;
  readonly dataDir: string;
  /** The digest of each piece in the journal. Default `crc32`. */
  readonly pieceDigest?: PieceDigest | undefined;
  /** Bytes `start` to `end - 1` as the origin has them. What it rejects with goes to the caller. */
  readonly compare: ReadBytes;
  /** Chooses where to compare. Default: unpredictable places. */
  readonly randomBelow?: RandomBelow | undefined;
  readonly onNotice: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** `bytes` are in whole pieces, which `Part.open` will resume. `Part.imported` says the same in later runs. */
export type ImportedLeftover = ImportedBytes;

/**
 * Turns the leftover of another program into the part of a download, `NAME.dragonload` with a journal of its whole
 * pieces, by a rename. Before that, samples of its bytes are compared with the origin. After a single difference, with
 * another size or with an existing part, the leftover stays as it is: undefined, with a notice. A piece with 16 KiB of
 * zeros in a row may be a hole, and is fetched again. The control file is kept as `NAME.aria2.imported`.
 * Throws what `compare` throws, `disk-full`, `unwritable`, and the signal's reason.
 */
export async function importLeftover(options: LeftoverOptions): Promise<ImportedLeftover | undefined> {
  const path = resolve(withoutSuffix(options.leftover));
  try {
    const done = await tryImport(options, path);
    if (typeof done !== 'string') return done;
    options.onNotice(`${basename(path)} is left as it is: ${done}.`);
    return undefined;
  } catch (thrown) {
    if (codeOf(thrown) === undefined || thrown instanceof DragonloadError) throw thrown;
    throw diskError(thrown, path);
  }
}

function withoutSuffix(path: string): string {
  return path.endsWith(CONTROL_SUFFIX) ? path.slice(0, -CONTROL_SUFFIX.length) : path;
}

async function tryImport(options: LeftoverOptions, path: string): Promise<ImportedLeftover | string> {
  const { dataDir, url, geometry } = options;
  if (geometry.sizeBytes === undefined) return 'the origin does not tell the size of the file';
  const wanted = await targetOf(options);
  await makeDirectory(dirname(wanted));
  const directory = await realpath(dirname(wanted));
  const partPath = join(directory, basename(wanted) + PART_SUFFIX);
  const journalPath = journalPathOf(dataDir, partPath);
  const lock = await Lock.acquire(`${journalPath}.lock`, purposeOf(url));
  if (!(lock instanceof Lock)) return `another process is working on ${partPath}`;
  await using _ = lock;
  if (await exists(partPath)) return `there is a part of an earlier download, ${partPath}`;
  const file = await openLeftover(path);
  if (typeof file === 'string') return file;
  let found: Checked | string;
  try {
    const before = await file.stat();
    if (before.dev !== (await stat(directory)).dev) {
      return `it lies on another disk than ${directory}, and is not copied: move it there, or download to where it is`;
    }
    found = await check(options, path, file, geometry.sizeBytes).catch(async (thrown: unknown) => {
      // The file has become shorter since its size was read.
      if ((await file.stat()).size < before.size) return BEING_WRITTEN;
      throw thrown;
    });
  } finally {
    await file.close();
  }
  if (typeof found === 'string') return found;
  const reading = await readJournal(journalPath);
  if (reading.kind === 'newer')
    return `the journal of ${partPath} was written by a newer Dragonload (version ${reading.version}, not ${JOURNAL_VERSION})`;
  if (reading.kind === 'broken') await setJournalAside(journalPath);
  const bytes = found.records.reduce((sum, { piece }) => sum + geometry.bytesOf(piece), 0);
  const imported = { bytes, comparedBytes: Math.min(bytes, found.comparedBytes) };
  await writeJournal(options, journalPath, wanted, imported, found.records);
  // A crash from here on loses nothing: a journal without a part is written anew, and one with a part is resumed.
  try {
    if (!(await moveTo(path, partPath))) return `there is a part of an earlier download, ${partPath}`;
  } catch (thrown) {
    await rm(journalPath, { force: true });
    throw thrown;
  }
  if (found.controlPath !== undefined) await keepControl(found.controlPath, options.onNotice);
  return imported;
}

async function openLeftover(path: string): Promise<FileHandle | string> {
  try {
    if (!(await lstat(path)).isFile()) return 'it is not a plain file';
    // Opened for writing too, since it becomes the part.
    return await open(path, constants.O_RDWR | NO_FOLLOW);
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no ${path}`;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'it may not be written to';
    throw thrown;
  }
}

interface Checked {
  readonly records: readonly PieceRecord[];
  readonly comparedBytes: number;
  readonly controlPath: string | undefined;
}

async function check(
  { geometry, pieceDigest = 'crc32', compare, randomBelow = randomInt, signal }: LeftoverOptions,
  path: string,
  file: FileHandle,
  sizeBytes: number,
): Promise<Checked | string> {
  const before = await file.stat({ bigint: true });
  if (await isOpenElsewhere(path)) return BEING_WRITTEN;
  const claimed = await claimedBy(path, file, sizeBytes, signal);
  if (typeof claimed === 'string') return claimed;
  const pieces = wholePieces(claimed.ranges, geometry);
  if (pieces.length === 0) return 'it has no whole piece of the file';
  const windows = samplesOf(claimed.ranges, randomBelow);
  if (!(await areEqualIn(windows, readerOf(file), compare, signal)))
    return 'it differs from what the origin has';
  const records: PieceRecord[] = [];
  for (const piece of pieces) {
    const sha256 = await hashPiece(file, geometry, piece, pieceDigest, signal);
    if (sha256 !== undefined) records.push({ piece, sha256, signer: NOBODY, signature: UNSIGNED });
  }
  if (records.length === 0) return 'it has no whole piece of the file';
  const [after, named] = await Promise.all([file.stat({ bigint: true }), lstat(path, { bigint: true })]);
  const isQuiet = [after, named].every((now) => now.ino === before.ino && now.mtimeNs === before.mtimeNs);
  if (!isQuiet || (await isOpenElsewhere(path))) return BEING_WRITTEN;
  return { records, comparedBytes: bytesIn(windows), controlPath: claimed.controlPath };
}

async function writeJournal(
  { url, identity, geometry }: LeftoverOptions,
  journalPath: string,
  target: string,
  imported: ImportedBytes,
  records: readonly PieceRecord[],
): Promise<void> {
  let failure: DragonloadError | undefined;
  const header = {
    url,
    identity: { ...identity, sizeBytes: geometry.sizeBytes },
    pieceBytes: geometry.pieceBytes,
    target,
    imported,
  };
  const journal = await Journal.create(journalPath, header, (error) => {
    failure ??= error;
  });
  for (const record of records) journal.add(record);
  // The leftover gets the name of a part, and a part is useless without its journal.
  await journal.sync().catch((thrown: unknown) => {
    failure ??= diskError(thrown, journalPath);
  });
  await journal.close();
  if (failure !== undefined) {
    await rm(journalPath, { force: true });
    throw failure;
  }
}

async function keepControl(controlPath: string, onNotice: (message: string) => void): Promise<void> {
  const kept = `${controlPath}.imported`;
  try {
    await rename(controlPath, (await exists(kept)) ? await freeName(kept, '-') : kept);
  } catch (thrown) {
    onNotice(`${basename(controlPath)} is of no use any more and could not be renamed (${codeOf(thrown)}).`);
  }
}
