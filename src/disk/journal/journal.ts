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
/** In place of what is there; a link would lead to something that is no journal. */
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW;

/** Where the journal of a part file is kept: by the hash of the part's absolute path, so that no name is too long. */
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
  /** Something could not be written: what comes after it would follow on half a line. */
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

  /** Starts a journal, in place of one that is there. Throws `disk-full` or `unwritable`. */
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
        // Half a header would be taken for a journal that something has damaged.
        await file.close();
        await rm(path, { force: true });
        throw thrown;
      }
      return new Journal(path, file, line.length, onError);
    });
  }

  /** Goes on with a journal whose first `goodBytes` were understood; the rest is cut off. */
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

  /** Notes a kept piece. A failure to write goes to `onError`. */
  add(record: PieceRecord): void {
    this.#push(recordLine(record));
  }

  /** Notes that a piece is not held any more. */
  drop(piece: number): void {
    this.#push(dropLine(piece));
  }

  /** Notes the size of a file that had none, in bytes. */
  addSize(sizeBytes: number): void {
    this.#push(sizeLine(sizeBytes));
  }

  /** Writes what is waiting. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#lines.join('');
    this.#lines = [];
    if (text !== '') this.#writing = this.#writing.then(() => this.#append(text));
    await this.#writing;
  }

  /** Writes what is waiting and lets it outlive a power cut. Throws system errors of the flushing alone. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#file.sync();
  }

  /** Writes what is waiting and closes the file. */
  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }

  /** Closes the file and removes it: the part it speaks of is gone or complete. */
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

/** Keeps a journal that cannot be understood under a name of its own, for whoever wants to look at it. */
export async function setJournalAside(path: string): Promise<void> {
  const aside = await freeName(path, '.corrupt-');
  // A directory cannot replace the file that keeps the name.
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
