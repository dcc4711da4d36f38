import type { FileHandle } from 'node:fs/promises';
import type { DragonloadError } from '../core/errors.ts';
import { type Block, pool } from './block-pool.ts';
import { diskError } from './disk-error.ts';
import { writeAll } from './part-file.ts';

/** Data is flushed in the background in steps of this size, so that little is left to flush at the end. */
const SYNC_BYTES = 64 * 1024 * 1024;

/**
 * The part file as a place for blocks: many writes at once, and one failure that stays. Writes go through libuv's
 * thread pool.
 */
export class DataFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #onFailure: (error: DragonloadError) => void;
  /** Writes on their way to the disk, by piece. */
  readonly #writes = new Map<number, Set<Promise<void>>>();
  #failure: DragonloadError | undefined;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;

  /** `onFailure` is called once. */
  constructor(file: FileHandle, path: string, onFailure: (error: DragonloadError) => void) {
    this.#file = file;
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** What made writing impossible, for good. */
  get failure(): DragonloadError | undefined {
    return this.#failure;
  }

  /** Notes that nothing more can be written. */
  fail(thrown: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = diskError(thrown, this.#path);
    this.#onFailure(this.#failure);
  }

  /** Throws the failure, if there is one. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes a block of one piece and gives it back to the pool, even when it rejects with the failure. */
  write(piece: number, block: Block, length: number, offset: number): Promise<void> {
    const write = this.#write(block, length, offset);
    const writes = this.#writes.get(piece) ?? new Set();
    this.#writes.set(piece, writes.add(write));
    const done = () => {
      if (writes.delete(write) && writes.size === 0) this.#writes.delete(piece);
    };
    write.then(done, done);
    return write;
  }

  /** Resolves when no write to the piece that began before is on its way; throws the failure. */
  async settled(piece: number): Promise<void> {
    const writes = this.#writes.get(piece);
    if (writes !== undefined) await Promise.allSettled([...writes]);
    this.check();
  }

  /** Resolves when nothing is on its way. Never rejects. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.#writes.values()].flatMap((writes) => [...writes]));
    await this.#syncing;
  }

  async #write(block: Block, length: number, offset: number): Promise<void> {
    try {
      this.check();
      await writeAll(this.#file, block.bytes.subarray(0, length), offset);
    } catch (thrown) {
      this.fail(thrown);
      throw this.#failure;
    } finally {
      pool.give(block);
    }
    this.#unsyncedBytes += length;
    if (this.#unsyncedBytes >= SYNC_BYTES && this.#syncing === undefined) this.#syncing = this.#sync();
  }

  async #sync(): Promise<void> {
    this.#unsyncedBytes = 0;
    try {
      await this.#file.datasync();
    } catch (thrown) {
      // The kernel reports a lost write once; whoever overlooks it believes in bytes that are not there.
      this.fail(thrown);
    }
    this.#syncing = undefined;
  }
}
