import { fstatSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { DragonloadError } from '../../core/errors.ts';
import { type Block, pool } from './block-pool.ts';
import { diskError } from './disk-error.ts';
import { takenBytes } from './disk-space.ts';
import { writeRun } from './part-file.ts';

/** Data is flushed in the background in steps of this size, so that little is left to flush at the end. */
const SYNC_BYTES = 64 * 1024 * 1024;

/**
 * Writes under way at once. The kernel does writes to one file one by one; the second one fills the gap between them.
 */
const MAX_WRITES = 2;
/** Most blocks in one write: 4 MiB. They are free again only when all of them are written. */
const MAX_RUN = 16;

interface Queued {
  readonly block: Block;
  readonly length: number;
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: DragonloadError | undefined) => void;
}

/**
 * Writes blocks to the part file: they are queued, and those that follow one another in the file are written together,
 * since waking a thread costs as much as writing a block. After a failure nothing more is written. Writes go through
 * libuv's thread pool.
 */
export class DataFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #onFailure: (error: DragonloadError) => void;
  readonly #sizeBytes: () => number | undefined;
  /** Writes under way, by piece. */
  readonly #writes = new Map<number, Set<Promise<void>>>();
  readonly #queue: Queued[] = [];
  #writing = 0;
  #failure: DragonloadError | undefined;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;

  /** `onFailure` is called once. `sizeBytes`: the final size of the file, for the message when the disk is full. */
  constructor(
    file: FileHandle,
    path: string,
    onFailure: (error: DragonloadError) => void,
    sizeBytes: () => number | undefined,
  ) {
    this.#file = file;
    this.#path = path;
    this.#onFailure = onFailure;
    this.#sizeBytes = sizeBytes;
  }

  /** Why nothing can be written any more. */
  get failure(): DragonloadError | undefined {
    return this.#failure;
  }

  /** Records that nothing more can be written. */
  fail(thrown: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = diskError(thrown, this.#path, () => this.#neededBytes());
    this.#onFailure(this.#failure);
  }

  /** Throws the failure, if there is one. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes a block of one piece and gives it back to the pool, even when it rejects. */
  write(piece: number, block: Block, length: number, offset: number): Promise<void> {
    const write = new Promise<void>((resolve, reject) => {
      this.#queue.push({ block, length, offset, resolve, reject });
    });
    this.#pump();
    const writes = this.#writes.get(piece) ?? new Set();
    this.#writes.set(piece, writes.add(write));
    const done = () => {
      if (writes.delete(write) && writes.size === 0) this.#writes.delete(piece);
    };
    write.then(done, done);
    return write;
  }

  /** Resolves when all earlier writes to the piece have ended; throws the failure. */
  async settled(piece: number): Promise<void> {
    const writes = this.#writes.get(piece);
    if (writes !== undefined) await Promise.allSettled([...writes]);
    this.check();
  }

  /** Resolves when no write is under way. Never rejects. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.#writes.values()].flatMap((writes) => [...writes]));
    await this.#syncing;
  }

  #neededBytes(): number {
    return (this.#sizeBytes() ?? 0) - takenBytes(fstatSync(this.#file.fd));
  }

  #pump(): void {
    while (this.#writing < MAX_WRITES && this.#queue.length > 0) {
      this.#writing++;
      void this.#write(this.#nextRun()).then(() => {
        this.#writing--;
        this.#pump();
      });
    }
  }

  /** The block that has waited longest, and those that follow it in the file. */
  #nextRun(): readonly Queued[] {
    const run = this.#queue.splice(0, 1);
    for (let at = 0; at < this.#queue.length && run.length < MAX_RUN; ) {
      const last = run.at(-1)!;
      if (this.#queue[at]!.offset === last.offset + last.length) run.push(...this.#queue.splice(at, 1));
      else at++;
    }
    return run;
  }

  async #write(run: readonly Queued[]): Promise<void> {
    try {
      this.check();
      const blocks = run.map(({ block, length }) => block.bytes.subarray(0, length));
      await writeRun(this.#file, blocks, run[0]!.offset);
    } catch (thrown) {
      this.fail(thrown);
    }
    for (const { block, length, resolve, reject } of run) {
      pool.give(block);
      if (this.#failure !== undefined) reject(this.#failure);
      else {
        this.#unsyncedBytes += length;
        resolve();
      }
    }
    if (this.#unsyncedBytes >= SYNC_BYTES && this.#syncing === undefined) this.#syncing = this.#sync();
  }

  async #sync(): Promise<void> {
    this.#unsyncedBytes = 0;
    try {
      await this.#file.datasync();
    } catch (thrown) {
      // The kernel reports a lost write only once; after that the missing bytes would go unnoticed.
      this.fail(thrown);
    }
    this.#syncing = undefined;
  }
}
