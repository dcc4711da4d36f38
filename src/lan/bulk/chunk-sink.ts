import type { ByteSink } from '../network/socket-reader.ts';
import { giveBlock, takeBlock } from './blocks.ts';

/** Chunks whose receiver has not finished, before the sender is held back. */
const MAX_PENDING = 4;
/** On a slow link what has arrived is handed over after this time, so that progress shows. */
const FLUSH_MS = 100;

/** Takes the bytes of a range and hands them over; a promise means that the chunk is in use until it resolves. */
export type OnChunk = (chunk: Uint8Array, offset: number) => void | Promise<void>;

/** A block that is being filled or whose parts are lent out. */
interface Block {
  readonly bytes: Buffer;
  users: number;
}

/**
 * Gathers the small pieces in which TLS delivers (records of 16 KiB) into chunks that are worth a write to disk, and
 * holds the sender back while the receiver is busy.
 */
export class ChunkSink implements ByteSink {
  readonly #onChunk: OnChunk;
  readonly #resume: () => void;
  readonly #end: number;
  /** Offset in the file of the first byte that has not been handed over. */
  #offset: number;
  #block: Block = { bytes: takeBlock(), users: 1 };
  /** The part of the block that is filled and not handed over. */
  #from = 0;
  #to = 0;
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  #idle = Promise.withResolvers<void>();
  #hasFailed = false;
  readonly #failed = Promise.withResolvers<never>();

  /** `resume` is called when a sender that was held back may go on. */
  constructor(start: number, end: number, onChunk: OnChunk, resume: () => void) {
    this.#offset = start;
    this.#end = end;
    this.#onChunk = onChunk;
    this.#resume = resume;
    this.#failed.promise.catch(() => {});
  }

  /** Rejects when the receiver throws. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Whether every byte of the range has come. */
  get complete(): boolean {
    return this.#left === 0;
  }

  get heldBack(): boolean {
    return this.#pending >= MAX_PENDING;
  }

  /** Never reaches beyond the range; empty when it is complete. */
  target(): Uint8Array {
    return this.#block.bytes.subarray(
      this.#to,
      this.#to + Math.min(this.#block.bytes.length - this.#to, this.#left),
    );
  }

  received(bytes: number): boolean {
    this.#to += bytes;
    if (this.complete) this.#hand();
    else if (this.#to === this.#block.bytes.length) {
      this.#hand();
      this.#release(this.#block);
      this.#block = { bytes: takeBlock(), users: 1 };
      this.#from = this.#to = 0;
    } else this.#timer ??= setTimeout(() => this.#hand(), FLUSH_MS);
    return !this.heldBack;
  }

  /** Hands over what has come. Resolves when the receiver is done with it all; rejects when it throws. */
  async finish(): Promise<void> {
    this.#hand();
    while (this.#pending > 0 && !this.#hasFailed) {
      this.#idle = Promise.withResolvers();
      await Promise.race([this.#idle.promise, this.failed]);
    }
    if (this.#hasFailed) await this.failed;
    // A connection that broke off may still write into its block: that one is left to the garbage collector.
    if (this.complete) this.#release(this.#block);
  }

  /** Nothing more is handed over. The block is left to the garbage collector: the socket may still write into it. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#from = this.#to;
  }

  get #left(): number {
    return this.#end - this.#offset - (this.#to - this.#from);
  }

  #hand(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#from === this.#to) return;
    const block = this.#block;
    const chunk = block.bytes.subarray(this.#from, this.#to);
    const offset = this.#offset;
    this.#offset += chunk.length;
    this.#from = this.#to;
    try {
      const done = this.#onChunk(chunk, offset);
      if (done !== undefined) this.#lend(block, done);
    } catch (error) {
      this.#fail(error);
    }
  }

  #lend(block: Block, done: Promise<void>): void {
    block.users += 1;
    this.#pending += 1;
    done.then(
      () => {
        this.#release(block);
        this.#pending -= 1;
        if (this.#pending === MAX_PENDING - 1) this.#resume();
        if (this.#pending === 0) this.#idle.resolve();
      },
      (error) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#failed.reject(error);
  }

  #release(block: Block): void {
    block.users -= 1;
    if (block.users === 0) giveBlock(block.bytes);
  }
}
