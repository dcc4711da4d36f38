/** Chunks are handed over at this size. */
const CHUNK_BYTES = 256 * 1024;
/** Chunks whose receiver has not finished, before the sender is held back. */
const MAX_PENDING = 4;
/** On a slow link what has arrived is handed over after this time, so that progress shows. */
const FLUSH_MS = 100;

/**
 * Joins the small pieces in which TLS delivers (16 KiB records) into chunks that are worth a write to disk, and holds
 * the sender back while the receiver is busy.
 */
export class ChunkJoiner {
  #offset: number;
  readonly #end: number;
  readonly #onChunk: (chunk: Uint8Array, offset: number) => void | Promise<void>;
  readonly #flow: { pause(): void; resume(): void };
  #buffer: Buffer | undefined;
  #filled = 0;
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #failed = Promise.withResolvers<never>();
  #idle = Promise.withResolvers<void>();

  constructor(
    start: number,
    end: number,
    onChunk: (chunk: Uint8Array, offset: number) => void | Promise<void>,
    flow: { pause(): void; resume(): void },
  ) {
    this.#offset = start;
    this.#end = end;
    this.#onChunk = onChunk;
    this.#flow = flow;
    this.#failed.promise.catch(() => {});
  }

  /** Rejects when the receiver throws. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Whether every byte of the range has been added. */
  get complete(): boolean {
    return this.#offset + this.#filled === this.#end;
  }

  /** Bytes beyond the end of the range are passed over. */
  add(bytes: Buffer): void {
    let rest = bytes.subarray(0, this.#end - this.#offset - this.#filled);
    while (rest.length > 0) {
      this.#buffer ??= Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.#end - this.#offset));
      const taken = rest.copy(this.#buffer, this.#filled);
      this.#filled += taken;
      rest = rest.subarray(taken);
      if (this.#filled === this.#buffer.length) this.#flush();
    }
    if (this.#filled > 0) this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Resolves when all that was added has been handed over and the receiver is done with it. */
  async finish(): Promise<void> {
    this.#flush();
    while (this.#pending > 0) {
      this.#idle = Promise.withResolvers();
      await Promise.race([this.#idle.promise, this.#failed.promise]);
    }
  }

  /** What has not been handed over yet is dropped. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#filled = 0;
    this.#buffer = undefined;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#buffer === undefined || this.#filled === 0) return;
    const chunk = this.#buffer.subarray(0, this.#filled);
    const offset = this.#offset;
    this.#buffer = undefined;
    this.#offset += this.#filled;
    this.#filled = 0;
    try {
      const done = this.#onChunk(chunk, offset);
      if (done !== undefined) this.#track(done);
    } catch (error) {
      this.#failed.reject(error);
    }
  }

  #track(done: Promise<void>): void {
    this.#pending += 1;
    if (this.#pending === MAX_PENDING) this.#flow.pause();
    done.then(
      () => {
        this.#pending -= 1;
        if (this.#pending === MAX_PENDING - 1) this.#flow.resume();
        if (this.#pending === 0) this.#idle.resolve();
      },
      (error) => this.#failed.reject(error),
    );
  }
}
