import { randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import type { ExpectedDigest } from '../core/expected-digest.ts';
import { numbered, PART_SUFFIX } from '../core/file-name.ts';
import { targetOf } from './claim.ts';
import { type Algorithm, digestOf } from './digests/digest.ts';
import { codeOf, diskError } from './files/disk-error.ts';
import { makeDirectory } from './files/make-directory.ts';
import type { FinishedPart } from './files/part-options.ts';
import { checkDigests } from './hashing/expected-digests.ts';
import { journalPathOf } from './journal/journal.ts';

/** A larger file is written in pieces by a `Part`: writing it in one go would hold everything else up. */
export const MAX_WHOLE_BYTES = 1024 * 1024;

const MAX_NUMBER = 999;

/** Makes names that no other run uses, so that a file left by a crash is never in the way. */
const run = randomInt(36 ** 5).toString(36);
let saved = 0;

export interface WholeFile {
  /** Where the file goes; created if it is missing. */
  readonly directory: string;
  /** A safe name: see `safeFileName`. */
  readonly fileName: string;
  /** Name or path given by the user instead; relative to `directory`. A directory: the file goes into it. */
  readonly output?: string | undefined;
  /** All of the file, at most `MAX_WHOLE_BYTES`. */
  readonly bytes: Uint8Array;
  /** For journals and locks: `places().dataDir`. */
  readonly dataDir: string;
  readonly expected: readonly ExpectedDigest[];
}

/**
 * Saves a file that arrived whole: checked in memory, written under a temporary name, then renamed without ever
 * replacing another file, so that an incomplete file is never seen. Undefined, with nothing written, when there is a
 * part of that name or another process works on one: then `Part.open` has to decide. Throws `digest-mismatch` before
 * anything is written, `disk-full`, `unwritable`.
 *
 * Nothing is flushed, and all of it happens synchronously on this thread: see docs/decisions/0009.
 */
export async function saveWhole(options: WholeFile): Promise<FinishedPart | undefined> {
  const { bytes, dataDir, expected } = options;
  if (bytes.length > MAX_WHOLE_BYTES) return undefined;
  const wanted = await targetOf(options);
  const name = basename(wanted);
  const digests = digestsOf(bytes, expected);
  checkDigests(name, digests, expected, { kind: 'check-digest' });
  try {
    await ensureDirectory(dirname(wanted));
    // One part has one journal, whichever path leads to its directory.
    const directory = fs.realpathSync(dirname(wanted));
    if (isBegun(join(directory, name + PART_SUFFIX), dataDir)) return undefined;
    return { path: save(bytes, directory, name), sha256: digests.sha256 ?? '', digests };
  } catch (thrown) {
    throw diskError(thrown, wanted, () => bytes.length);
  }
}

function digestsOf(bytes: Uint8Array, expected: readonly ExpectedDigest[]): Record<string, string> {
  const algorithms: readonly Algorithm[] = ['sha256', ...expected.map(({ algorithm }) => algorithm)];
  return Object.fromEntries(
    [...new Set(algorithms)].map((algorithm) => {
      const digest = digestOf(algorithm);
      digest.update(bytes);
      return [algorithm, Buffer.from(digest.digest()).toString('hex')];
    }),
  );
}

async function ensureDirectory(path: string): Promise<void> {
  if (!fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) await makeDirectory(path);
}

/** Whether there is a file at the path of the part, or another process has locked it. */
function isBegun(partPath: string, dataDir: string): boolean {
  const lockPath = `${journalPathOf(dataDir, partPath)}.lock`;
  return [partPath, lockPath].some((path) => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** Writes and renames the file; the temporary name is always removed. */
function save(bytes: Uint8Array, directory: string, name: string): string {
  const fresh = join(directory, `${name}${PART_SUFFIX}-${run}${(saved++).toString(36)}`);
  const file = fs.openSync(fresh, 'wx', 0o666);
  try {
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at, bytes.length - at);
    } finally {
      // Network file systems report a full disk here.
      fs.closeSync(file);
    }
    for (let number = 0; number <= MAX_NUMBER; number++) {
      const target = join(directory, numbered(name, number));
      if (gaveName(fresh, target)) return target;
    }
  } finally {
    remove(fresh);
  }
  throw new DragonloadError('unwritable', `${directory} has too many files named like ${name}.`, {
    facts: { path: join(directory, name) },
    hint: { kind: 'choose-name', path: join(directory, name) },
  });
}

function remove(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It was renamed, or the directory is gone, which was reported already.
  }
}

/** A rename replaces what is there; a link does not. */
function gaveName(fresh: string, target: string): boolean {
  try {
    fs.linkSync(fresh, target);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
  }
  // Without links on this file system, an empty file made exclusively reserves the name, and is replaced.
  try {
    fs.closeSync(fs.openSync(target, 'wx'));
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  try {
    fs.renameSync(fresh, target);
  } catch (thrown) {
    remove(target);
    throw thrown;
  }
  return true;
}
