import type { ByteSink } from '../network/socket-reader.ts';
import { giveBlock, takeBlock } from './blocks.ts';

/** Most chunks that the receiver is working on before the sender is paused. */
const MAX_PENDING = 4;
/** On a slow link the bytes that have arrived are handed over after this time, so that progress shows. */
const FLUSH_MS = 100;

/** Takes the bytes of a range and hands them over; a promise means that the chunk is in use until it resolves. */
export type OnChunk = (chunk: Uint8Array, offset: number) => void | Promise<void>;

/** A block that is being filled or whose parts are lent out. */
interface Block {
  readonly bytes: Buffer;
  users: number;
}

/**
 * Gathers the small records that TLS delivers (16 KiB) into chunks that are worth a write to disk, and pauses the
 * sender while the receiver is busy.
 */
export class ChunkSink implements ByteSink {
  readonly #onChunk: OnChunk;
  readonly #resume: () => void;
  readonly #end: number;
  /** Offset in the file of the first byte that has not been handed over. */
  #offset: number;
  #block: Block = { bytes: takeBlock(), users: 1 };
  /** The filled part of the block that was not handed over yet. */
  #from = 0;
  #to = 0;
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  #idle = Promise.withResolvers<void>();
  #hasFailed = false;
  readonly #failed = Promise.withResolvers<never>();

  /** `resume` is called when a paused sender may go on. */
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

  /** Whether every byte of the range has arrived. */
  get complete(): boolean {
    return this.#left === 0;
  }

  get heldBack(): boolean {
    return this.#pending >= MAX_PENDING;
  }

  /** The memory to fill next; it never reaches beyond the range, and is empty when the range is complete. */
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

  /** Hands over the bytes that have arrived. Resolves when the receiver has finished; rejects when it throws. */
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

  /** Hands over no more bytes. The block is left to the garbage collector: the socket may still write into it. */
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
