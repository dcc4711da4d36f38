import type { DragonloadError } from '../core/errors.ts';
import { BLOCK_BYTES, type Block, pool } from './files/block-pool.ts';

/** Bytes of a slow stream are written after at most twice this time, so that they are reported. */
const LINGER_MS = 100;

/** The receiver of a writer's blocks: the part file. */
export interface BlockSink {
  /** Why nothing can be written any more; every writer rejects with it. */
  failure(): DragonloadError | undefined;
  /** Writes the first `length` bytes of the block at `offset`, and gives the block back. Rejects with `failure`. */
  put(stream: number, block: Block, length: number, offset: number): Promise<void>;
  /** No more blocks will come from the stream. */
  endStream(stream: number): void;
}

interface Sent {
  readonly start: number;
  readonly end: number;
  isWritten: boolean;
}

/**
 * One stream of bytes on its way into the file: from `start` onward without a gap, never at or past `end`. Chunks
 * are gathered into blocks, several of which may be on their way to the disk at once; `onWritten` is called for them in
 * order, for each byte once.
 */
export class PartWriter {
  readonly #sink: BlockSink;
  readonly #stream: number;
  readonly #onWritten: (start: number, end: number) => void;
  #end: number;
  /** Where the next chunk goes. */
  #offset: number;
  #block: Block | undefined;
  /** Where the first byte of the block goes. */
  #blockStart = 0;
  #sent: Sent[] = [];
  readonly #puts = new Set<Promise<void>>();
  #waiting: Promise<void> | undefined;
  #isClosed = false;
  #isReporting = false;
  #timer: NodeJS.Timeout | undefined;
  /** Where the block began when the timer last fired: if it is still the same block, it is written now. */
  #seenStart = -1;

  constructor(
    sink: BlockSink,
    stream: number,
    start: number,
    end: number,
    onWritten: (start: number, end: number) => void,
  ) {
    this.#sink = sink;
    this.#stream = stream;
    this.#offset = start;
    this.#end = end;
    this.#onWritten = onWritten;
  }

  /** Offset in the file of the next byte to be handed in. Bytes before it may still be on their way to the disk. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Takes the next bytes; bytes past the end are dropped. Undefined: go on at once. A promise: do not call again
   * before it is settled, and leave the chunk unchanged until then; it rejects with `disk-full`, `unwritable` or
   * `internal` once any write to the file has failed. Bytes handed in after `close` are dropped.
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    const failure = this.#sink.failure();
    if (failure !== undefined) return Promise.reject(failure);
    if (this.#isClosed) return undefined;
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.write(chunk));
    return this.#take(chunk);
  }

  /** Ends the stream at `end` (at or past its present end: nothing changes). Nothing beyond is reported. */
  trim(end: number): void {
    this.#end = Math.min(this.#end, end);
    if (this.#offset <= this.#end) return;
    // Blocks that were sent cannot be called back, and do no harm; the present block is cut.
    if (this.#block !== undefined) {
      if (this.#end > this.#blockStart) {
        this.#offset = this.#end;
        this.#send();
      } else {
        pool.give(this.#block);
        this.#block = undefined;
        this.#offset = this.#blockStart;
      }
    }
  }

  /** Writes all bytes that were handed in and resolves when they are on disk and reported. Rejects like `write`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    // The sink has the same failure, which is thrown below.
    await this.#waiting?.catch(() => {});
    this.#send();
    await Promise.allSettled(this.#puts);
    this.#report();
    this.#sink.endStream(this.#stream);
    const failure = this.#sink.failure();
    if (failure !== undefined) throw failure;
  }

  #begin(block: Block | undefined): Block | undefined {
    if (block === undefined) return undefined;
    this.#blockStart = this.#offset;
    this.#timer ??= setTimeout(() => this.#linger(), LINGER_MS).unref();
    return block;
  }

  /** Copies what fits; the block is sent when it reaches the next block boundary of the file, or the end. */
  #fill(block: Block, chunk: Uint8Array, at: number): number {
    const boundary = Math.min(this.#end, (Math.floor(this.#blockStart / BLOCK_BYTES) + 1) * BLOCK_BYTES);
    const length = Math.min(chunk.length - at, boundary - this.#offset);
    // `set` goes through shared memory word by word, and byte by byte where the two are not aligned alike.
    bufferOf(chunk).copy(block.bytes, this.#offset - this.#blockStart, at, at + length);
    this.#offset += length;
    if (this.#offset === boundary) this.#send();
    return length;
  }

  #writeLater(rest: Uint8Array): Promise<void> {
    const waiting = pool.wait().then((block) => {
      this.#waiting = undefined;
      const failure = this.#sink.failure();
      if (this.#offset >= this.#end || failure !== undefined) {
        pool.give(block);
        if (failure !== undefined) throw failure;
        return undefined;
      }
      this.#block = this.#begin(block);
      return this.#take(rest);
    });
    this.#waiting = waiting;
    // The callers get the failure; this keeps it from counting as unhandled when there are none.
    waiting.catch(() => {});
    return waiting;
  }

  #take(chunk: Uint8Array): Promise<void> | undefined {
    let at = 0;
    while (at < chunk.length && this.#offset < this.#end) {
      this.#block ??= this.#begin(pool.take());
      if (this.#block === undefined) return this.#writeLater(chunk.subarray(at));
      at += this.#fill(this.#block, chunk, at);
    }
    return undefined;
  }

  #send(): void {
    const block = this.#block;
    if (block === undefined) return;
    this.#block = undefined;
    const sent: Sent = { start: this.#blockStart, end: this.#offset, isWritten: false };
    this.#sent.push(sent);
    const put = this.#sink.put(this.#stream, block, sent.end - sent.start, sent.start).then(
      () => {
        this.#puts.delete(put);
        sent.isWritten = true;
        this.#reportSoon();
      },
      () => void this.#puts.delete(put),
    );
    this.#puts.add(put);
  }

  /** Blocks that were written together are reported together. */
  #reportSoon(): void {
    if (this.#isReporting) return;
    this.#isReporting = true;
    queueMicrotask(() => {
      this.#isReporting = false;
      this.#report();
    });
  }

  #report(): void {
    const start = this.#sent[0]?.start ?? 0;
    let end = start;
    while (this.#sent[0]?.isWritten) end = this.#sent.shift()?.end ?? end;
    end = Math.min(end, this.#end);
    if (end > start) this.#onWritten(start, end);
  }

  #linger(): void {
    this.#timer = undefined;
    if (this.#block === undefined || this.#isClosed) return;
    if (this.#blockStart === this.#seenStart) this.#send();
    else {
      this.#seenStart = this.#blockStart;
      this.#timer = setTimeout(() => this.#linger(), LINGER_MS).unref();
    }
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
