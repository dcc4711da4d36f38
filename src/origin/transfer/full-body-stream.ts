import type { Meter } from '../limits/meter.ts';
import type { BodyJudgement } from './outcome.ts';
import { type LiveRange, type Received, receive } from './receive.ts';
import type { Answer } from './send.ts';

/** How long the answer is kept between transfers. */
const KEEP_MS = 10_000;

export interface WholeReadingOptions {
  readonly limiter: Meter | undefined;
  readonly stallTimeoutMs: number;
}

export interface ReadingUse {
  readonly range: LiveRange;
  readonly onChunk: (chunk: Buffer) => Promise<void> | undefined;
  readonly signal: AbortSignal | undefined;
}

interface Running extends ReadingUse {
  receivedBytes: number;
  readonly end: (how: Received['how'], error?: Error) => void;
  readonly fail: (thrown: unknown) => void;
}

/**
 * One answer with the whole file, read from its first byte on, for transfers that come one after the other: each goes
 * on where the one before has ended, and bytes between them are skipped. The connection waits between transfers, for
 * ten seconds at most.
 */
export class FullBodyStream {
  readonly answer: Answer;
  readonly judgement: BodyJudgement;
  readonly #abort = new AbortController();
  #position = 0;
  #isOver = false;
  #use: Running | undefined;
  #onUse: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(answer: Answer, judgement: BodyJudgement, options: WholeReadingOptions) {
    this.answer = answer;
    this.judgement = judgement;
    void this.#read(options);
  }

  /** Whether a transfer is under way. */
  get isBusy(): boolean {
    return this.#use !== undefined;
  }

  /** Whether a transfer may begin there. */
  reaches(start: number): boolean {
    return !this.#isOver && !this.#abort.signal.aborted && this.#position <= start;
  }

  /** Hands over the bytes of a range. To be called when it `reaches` its start and is not busy. */
  async use(use: ReadingUse): Promise<Received> {
    const { promise, resolve, reject } = Promise.withResolvers<Received>();
    const running: Running = {
      ...use,
      receivedBytes: 0,
      end: (how, error) => resolve({ how, receivedBytes: running.receivedBytes, error }),
      fail: reject,
    };
    const stop = () => running.end('stopped');
    use.signal?.addEventListener('abort', stop, { once: true });
    clearTimeout(this.#timer);
    this.#use = running;
    this.#onUse?.();
    if (use.signal?.aborted === true || this.#abort.signal.aborted) stop();
    try {
      return await promise;
    } finally {
      use.signal?.removeEventListener('abort', stop);
      if (this.#use === running) this.#use = undefined;
      // The next transfer may have begun before this one has learnt of its end.
      if (this.#use === undefined) this.#timer = setTimeout(() => this.drop(), KEEP_MS).unref();
    }
  }

  /** Closes the connection. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#onUse?.();
  }

  async #read(options: WholeReadingOptions): Promise<void> {
    try {
      const { how, error } = await receive(this.answer, {
        ...this.judgement,
        ...options,
        range: { start: 0, end: undefined },
        onChunk: (chunk) => this.#pass(chunk),
        signal: this.#abort.signal,
      });
      this.#isOver = true;
      this.#use?.end(how, error);
    } catch (thrown) {
      this.#isOver = true;
      this.#use?.fail(thrown);
    }
  }

  /** Hands a chunk to the present transfer, and pauses the connection while there is none. */
  async #pass(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const use = this.#use ?? (await this.#nextUse());
      if (use === undefined) return;
      const left = chunk.length - at;
      const skip = Math.min(left, Math.max(0, use.range.start - this.#position));
      const wanted = Math.min(left - skip, Math.max(0, endOf(use) - this.#position - skip));
      this.#position += skip + wanted;
      at += skip + wanted;
      if (wanted > 0) {
        use.receivedBytes += wanted;
        await use.onChunk(chunk.subarray(at - wanted, at));
      }
      if (this.#position < endOf(use)) continue;
      use.end('end');
      // The promise settles in a later turn; until then no other transfer may begin.
      if (this.#use === use) this.#use = undefined;
    }
  }

  async #nextUse(): Promise<Running | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onUse = resolve;
    await promise;
    this.#onUse = undefined;
    return this.#abort.signal.aborted ? undefined : this.#use;
  }
}

function endOf({ range }: ReadingUse): number {
  return range.end ?? Number.POSITIVE_INFINITY;
}
