import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DragonloadError } from '../../core/errors.ts';
import type { PieceRecord } from '../../core/messages.ts';
import { codeOf, diskError, onDisk } from '../files/disk-error.ts';
import { makeDirectory } from '../files/make-directory.ts';
import { NO_FOLLOW } from '../files/part-file.ts';
import type { JournalHeader } from './journal-format.ts';
import { dropLine, headerLine, recordLine, sizeLine } from './journal-format.ts';

const FLUSH_MS = 200;
const FLUSH_LINES = 64;
/** Replaces an existing file; a link would lead to a file that is not a journal. */
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW;

/**
 * The path of the journal of a part file: named by the hash of the part's absolute path, so that no name is too long.
 */
export function journalPathOf(dataDir: string, partPath: string): string {
  return join(dataDir, 'journals', `${createHash('sha256').update(partPath).digest('hex')}.jsonl`);
}

/**
 * The append-only record of what a part file holds: a header and a line for each kept piece.
 *
 * Lines are written in batches, at most 200 ms or 64 lines late. The data need not be flushed before its line is:
 * after a crash every journaled piece is read and hashed again before it is trusted, so a line that outlived its
 * data costs one piece, never a wrong file. Readable by its owner only, since URLs may carry secrets.
 */
export class Journal {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #onError: (error: DragonloadError) => void;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #position: number;
  /** A write has failed: later lines would follow an incomplete line. */
  #isTorn = false;

  private constructor(
    path: string,
    file: FileHandle,
    position: number,
    onError: (error: DragonloadError) => void,
  ) {
    this.path = path;
    this.#file = file;
    this.#position = position;
    this.#onError = onError;
  }

  /** Starts a journal, in place of an existing one. Throws `disk-full` or `unwritable`. */
  static async create(
    path: string,
    header: JournalHeader,
    onError: (error: DragonloadError) => void,
  ): Promise<Journal> {
    return await onDisk(path, async () => {
      await makeDirectory(dirname(path), 0o700);
      const file = await open(path, CREATE, 0o600);
      const line = Buffer.from(headerLine(header));
      try {
        await file.writeFile(line);
      } catch (thrown) {
        // An incomplete header would count as a damaged journal.
        await file.close();
        await rm(path, { force: true });
        throw thrown;
      }
      return new Journal(path, file, line.length, onError);
    });
  }

  /** Goes on with a journal whose first `goodBytes` are valid; the rest is cut off. */
  static async resume(
    path: string,
    goodBytes: number,
    onError: (error: DragonloadError) => void,
  ): Promise<Journal> {
    return await onDisk(path, async () => {
      const file = await open(path, constants.O_RDWR | NO_FOLLOW);
      try {
        await file.truncate(goodBytes);
      } catch (thrown) {
        await file.close();
        throw thrown;
      }
      return new Journal(path, file, goodBytes, onError);
    });
  }

  /** Adds a kept piece. A failure to write goes to `onError`. */
  add(record: PieceRecord): void {
    this.#push(recordLine(record));
  }

  /** Records that a piece is not held any more. */
  drop(piece: number): void {
    this.#push(dropLine(piece));
  }

  /** Records the size of a file of which it was unknown, in bytes. */
  addSize(sizeBytes: number): void {
    this.#push(sizeLine(sizeBytes));
  }

  /** Writes the waiting lines. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#lines.join('');
    this.#lines = [];
    if (text !== '') this.#writing = this.#writing.then(() => this.#append(text));
    await this.#writing;
  }

  /** Writes the waiting lines and flushes them to the disk. Throws system errors of the flushing alone. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#file.sync();
  }

  /** Writes the waiting lines and closes the file. */
  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }

  /** Closes the file and removes it: its part is gone or complete. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  #push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= FLUSH_LINES) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  async #append(text: string): Promise<void> {
    if (this.#isTorn) return;
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#position);
        at += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (thrown) {
      this.#isTorn = true;
      this.#onError(diskError(thrown, this.path));
    }
  }
}

/** Renames a journal that cannot be read, so that it can be looked at later. */
export async function setJournalAside(path: string): Promise<void> {
  const aside = await freeName(path, '.corrupt-');
  // A directory cannot replace the file that reserves the name.
  if (!(await lstat(path)).isFile()) await rm(aside);
  await rename(path, aside);
}

/** `path` with `suffix` and the first number that is not taken. */
export async function freeName(path: string, suffix: string): Promise<string> {
  for (let number = 1; number < 1000; number++) {
    const candidate = `${path}${suffix}${number}`;
    try {
      await (await open(candidate, 'wx', 0o600)).close();
      return candidate;
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown;
    }
  }
  throw new Error(`no free name for ${path}${suffix}`);
}
