import { FullBodyStream, type WholeReadingOptions } from './full-body-stream.ts';
import type { FetchOptions } from './origin-options.ts';
import { type BodyJudgement, type OriginResult, outcomeOf } from './outcome.ts';
import type { LiveRange } from './receive.ts';
import type { Answer } from './send.ts';

/** An answer with the whole file, or the result when there is none. */
export type Opened = { readonly answer: Answer; readonly judgement: BodyJudgement } | OriginResult;

/**
 * Serves ranges of a file at an origin without ranges: it reads the whole file from its beginning, one reading at a
 * time. Ranges in ascending order cost one reading in all; a range before the last one costs another reading.
 */
export class SequentialRangeReader {
  readonly #open: (options: FetchOptions, signal: AbortSignal) => Promise<Opened>;
  readonly #options: WholeReadingOptions;
  #isOpening = false;
  #isClosed = false;
  #reading: FullBodyStream | undefined;

  constructor(
    open: (options: FetchOptions, signal: AbortSignal) => Promise<Opened>,
    options: WholeReadingOptions,
  ) {
    this.#open = open;
    this.#options = options;
  }

  /** Hands over a range. `busy` while another is being handed over. */
  async fetchRange(range: LiveRange, options: FetchOptions, signal: AbortSignal): Promise<OriginResult> {
    if (this.#isOpening || this.#reading?.isBusy === true)
      return { outcome: 'busy', message: 'The origin gives the file only as a whole.', receivedBytes: 0 };
    if (this.#reading?.reaches(range.start) !== true) {
      this.#reading?.drop();
      this.#reading = undefined;
      this.#isOpening = true;
      let opened: Opened;
      try {
        opened = await this.#open(options, signal);
      } finally {
        this.#isOpening = false;
      }
      if ('outcome' in opened) return opened;
      this.#reading = new FullBodyStream(opened.answer, opened.judgement, this.#options);
      if (this.#isClosed) this.#reading.drop();
    }
    const { answer, judgement } = this.#reading;
    const received = await this.#reading.use({ range, onChunk: options.onChunk, signal });
    const { localAddress } = answer;
    return { ...outcomeOf(received, judgement, range, options.identity), localAddress };
  }

  /** Breaks off the present reading, and starts no more. */
  close(): void {
    this.#isClosed = true;
    this.#reading?.drop();
  }
}
