import type { Meter } from '../limits/meter.ts';
import type { BodyJudgement } from './outcome.ts';
import { type LiveRange, type Received, receive } from './receive.ts';
import type { Answer } from './send.ts';

/** Largest file that is taken whole from the first answer. */
export const TAKE_BYTES = 1024 * 1024;
/** How long a first answer is kept open for a transfer. */
const KEEP_MS = 10_000;

export interface FirstResponseOptions {
  readonly limiter: Meter | undefined;
  readonly stallTimeoutMs: number;
}

export interface Use {
  readonly range: LiveRange;
  readonly onChunk: (chunk: Buffer) => Promise<void> | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The first answer of an origin, whose body starts with the file's first byte, kept for the transfer that starts there:
 * a second request would cost a round trip, and some URLs answer only once. What arrives meanwhile, up to about
 * 1 MiB, is held; then the connection waits, for at most ten seconds.
 */
export class FirstResponse {
  readonly answer: Answer;
  readonly #abort = new AbortController();
  readonly #received: Promise<Received>;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #heldBytes = 0;
  /** Memory for all of a small file: the chunks that are held lie in it, one after the other, as long as they fit. */
  #space: Buffer | undefined;
  /** Bytes to read before a transfer takes over. */
  #roomBytes = 0;
  #use: Use | undefined;
  #usedBytes = 0;
  /** Resumes the paused connection. */
  #goOn: (() => void) | undefined;
  #onFull: (() => void) | undefined;

  constructor(answer: Answer, body: BodyJudgement, options: FirstResponseOptions) {
    this.answer = answer;
    const live = this;
    const range = {
      start: 0,
      get end() {
        return live.#use?.range.end;
      },
    };
    this.#timer = setTimeout(() => this.drop(), KEEP_MS).unref();
    this.#received = receive(answer, {
      ...options,
      firstByte: body.firstByte,
      bodyEnd: body.bodyEnd,
      coding: body.coding,
      range,
      onChunk: (chunk) => this.#take(chunk),
      signal: this.#abort.signal,
    });
    this.#received.catch(() => {});
  }

  /** Whether it cannot be used any more: it was dropped, or the origin broke off before a byte came. */
  get isDead(): boolean {
    return this.#abort.signal.aborted || (this.answer.request.destroyed && this.#heldBytes === 0);
  }

  /**
   * Reads on for at most `timeoutMs`. Returns the file if it has ended by then and is not over 1 MiB; else undefined,
   * and what came is held. Aborting drops the answer.
   */
  async whole(
    sizeBytes: number | undefined,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Buffer | undefined> {
    this.#roomBytes = TAKE_BYTES;
    if (this.#heldBytes === 0 && sizeBytes !== undefined && sizeBytes <= TAKE_BYTES)
      this.#space = Buffer.allocUnsafeSlow(sizeBytes);
    const { promise: full, resolve } = Promise.withResolvers<undefined>();
    this.#onFull = () => resolve(undefined);
    const timer = setTimeout(this.#onFull, timeoutMs);
    const drop = () => this.drop();
    signal.addEventListener('abort', drop, { once: true });
    if (signal.aborted) drop();
    this.#goOn?.();
    const received = await Promise.race([this.#received, full]);
    clearTimeout(timer);
    signal.removeEventListener('abort', drop);
    this.#onFull = undefined;
    this.#roomBytes = 0;
    if (received?.how !== 'eof' || (sizeBytes ?? this.#heldBytes) !== this.#heldBytes) return undefined;
    clearTimeout(this.#timer);
    return this.#space ?? Buffer.concat(this.#chunks.splice(0));
  }

  /** Hands over the held bytes and then those that arrive, as `receive` does. To be called once. */
  async use(use: Use): Promise<Received> {
    clearTimeout(this.#timer);
    const stop = () => this.#abort.abort();
    use.signal?.addEventListener('abort', stop, { once: true });
    try {
      // More may come while these are taken.
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk === undefined || use.signal?.aborted === true) break;
        const wanted = chunk.subarray(0, Math.max(0, endOf(use) - this.#usedBytes));
        this.#usedBytes += wanted.length;
        if (wanted.length > 0) await use.onChunk(wanted);
      }
      const isDone = this.#usedBytes >= endOf(use);
      if (use.signal?.aborted === true) stop();
      if (isDone) stop();
      else this.#use = use;
      this.#goOn?.();
      const received = await this.#received;
      const how = isDone ? 'end' : use.signal?.aborted === true ? 'stopped' : received.how;
      return { ...received, how, receivedBytes: this.#usedBytes };
    } catch (thrown) {
      stop();
      throw thrown;
    } finally {
      use.signal?.removeEventListener('abort', stop);
    }
  }

  /** Closes the connection. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#goOn?.();
  }

  #take(chunk: Buffer): Promise<void> | undefined {
    if (this.#use !== undefined) {
      this.#usedBytes += chunk.length;
      return this.#use.onChunk(chunk);
    }
    this.#chunks.push(this.#copyOf(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= this.#roomBytes) return undefined;
    this.#onFull?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goOn = () => {
      this.#goOn = undefined;
      resolve();
    };
    return promise;
  }

  /** A chunk is only lent. */
  #copyOf(chunk: Buffer): Buffer {
    const end = this.#heldBytes + chunk.length;
    if (this.#space === undefined || end > this.#space.length) return Buffer.from(chunk);
    this.#space.set(chunk, this.#heldBytes);
    return this.#space.subarray(this.#heldBytes, end);
  }
}

function endOf({ range }: Use): number {
  return range.end ?? Number.POSITIVE_INFINITY;
}
