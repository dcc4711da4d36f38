import { askSample } from './compare/ask-sample.ts';
import { type HeldBlocks, OtherEtags } from './compare/other-etags.ts';
import type { Sample } from './compare/samples.ts';
import { codingOf } from './heads/coding.ts';
import { type Asked, type Judgement, judge } from './heads/judge.ts';
import { isHtml, isStrayPage } from './heads/page.ts';
import { identityOf } from './heads/validators.ts';
import { HostPaused } from './limits/host-pauses.ts';
import type { Meter } from './limits/meter.ts';
import type { Found } from './probe.ts';
import { failureOf, pausedError } from './transfer/failures.ts';
import { FirstResponse, TAKE_BYTES } from './transfer/first-response.ts';
import type { FetchOptions } from './transfer/origin-options.ts';
import { type BodyJudgement, changed, type OriginResult, outcomeOf, restOf } from './transfer/outcome.ts';
import { type LiveRange, type Received, receive } from './transfer/receive.ts';
import { refusalResult } from './transfer/refusals.ts';
import type { Route } from './transfer/route.ts';
import { type Answer, discard } from './transfer/send.ts';
import { type Opened, SequentialRangeReader } from './transfer/sequential-range-reader.ts';
import { untilAborted } from './transfer/until-aborted.ts';

/** After this many answers in a row that do not match the request, the origin is not asked again. */
const MAX_MISFITS = 3;
/** A small file that has not arrived whole after this time is fetched like a large one, so that its progress shows. */
const TAKE_TIMEOUT_MS = 3000;

export interface RangeFetcherOptions {
  readonly route: Route;
  readonly limiter: Meter | undefined;
  readonly stallTimeoutMs: number;
  /** Aborted when the origin is closed. */
  readonly signal: AbortSignal;
}

/**
 * Fetches ranges of one file along one route: asks, judges each answer before a byte of it is used, receives it, and
 * says how it ended. Remembers what the origin has shown: whether it serves ranges, how often its answers did not
 * match, and which of its ETags stand for one file.
 */
export class RangeFetcher {
  readonly #options: RangeFetcherOptions;
  /** Known after a probe; before it, ranges are assumed. */
  #ranges = true;
  /** Whether the file is a web page itself. Undefined until a probe has seen it. */
  #isPage: boolean | undefined;
  /** The file has been seen here. */
  #hasWorked = false;
  #misfits = 0;
  /** Bodies that are being received. */
  #receiving = 0;
  #opening: FirstResponse | undefined;
  /** Readers of the whole file, used when the origin does not answer requests for ranges. */
  #readings: SequentialRangeReader | undefined;
  readonly #etags: OtherEtags;

  constructor(options: RangeFetcherOptions) {
    this.#options = options;
    const judge = (answer: Answer, asked: Asked) => this.#judge(answer, asked);
    this.#etags = new OtherEtags({
      ask: (place) => askSample(place, { ...options, judge }),
      isReceiving: () => this.#receiving > 0,
      signal: options.signal,
    });
  }

  /** Whether the origin serves ranges: known after a probe, assumed before it. */
  get ranges(): boolean {
    return this.#ranges;
  }

  /** Sets the source of bytes held here, to compare with where ETags differ. */
  compareWith(held: HeldBlocks): void {
    this.#etags.held = held;
  }

  /** A few blocks of the bytes held here, from the source that `compareWith` was given. */
  readHeld(): Promise<readonly Sample[]> {
    return this.#etags.readHeld();
  }

  /**
   * Remembers what a probe found. The body of its answer is kept for the transfer that starts with the first byte, or
   * with `take` read at once if it is the whole of a small file, which is returned.
   */
  async noteProbe(
    { probe, answer, isOpen }: Found,
    take: boolean,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> {
    this.#ranges = probe.ranges;
    this.#isPage = isHtml(answer.response.headers);
    this.#hasWorked = true;
    this.#opening?.drop();
    this.#opening = undefined;
    const { identity } = probe;
    const { sizeBytes } = identity;
    if (!isOpen) return answer.status === 416 && sizeBytes === 0 ? Buffer.alloc(0) : undefined;
    const judgement = this.#judge(answer, { ranged: answer.status === 206, start: 0, identity });
    if (judgement.kind !== 'body') {
      await discard(answer);
      return undefined;
    }
    const { limiter, stallTimeoutMs } = this.#options;
    const opening = new FirstResponse(answer, judgement, { limiter, stallTimeoutMs });
    this.#opening = opening;
    // Of a part, only its size tells that it is the whole.
    const maySuffice = sizeBytes === undefined ? !judgement.partial : sizeBytes <= TAKE_BYTES;
    const whole =
      take && maySuffice ? await opening.whole(sizeBytes, { timeoutMs: TAKE_TIMEOUT_MS, signal }) : undefined;
    if (whole !== undefined) this.#opening = undefined;
    return whole;
  }

  /** See `Origin.fetchRange`. */
  async fetchRange(range: LiveRange, options: FetchOptions, signal: AbortSignal): Promise<OriginResult> {
    if (range.end !== undefined && range.end <= range.start) return { outcome: 'complete', receivedBytes: 0 };
    if (range.start > 0 && !this.#ranges && this.#readings === undefined) {
      this.#readWhole();
      const message = 'The origin gives the file only as a whole.';
      return { outcome: 'rangeless', message, receivedBytes: 0 };
    }
    if (this.#readings !== undefined) return this.#counted(this.#readings.fetchRange(range, options, signal));
    const opened = range.start === 0 ? await this.#fromOpening(range, options, signal) : undefined;
    return opened ?? this.#ask(range, options, signal);
  }

  /** The network has changed: the answer that was kept open is dead. */
  networkChanged(): void {
    this.#opening?.drop();
    this.#opening = undefined;
    this.#misfits = 0;
    this.#readings?.close();
    this.#readings = undefined;
  }

  /** Closes the answer that was kept open. Transfers end by their signal. */
  close(): void {
    this.#opening?.drop();
    this.#readings?.close();
  }

  #judge({ status, url, response: { headers } }: Answer, asked: Asked): Judgement {
    const { etag } = identityOf(headers, undefined);
    const coding = codingOf(headers, this.#options.route.given, url);
    return judge(status, headers, {
      ignoreEtags: this.#etags.accepts(etag),
      ...asked,
      coding,
      wasPage: this.#isPage,
    });
  }

  /** Goes on with the answer to the probe, if it was kept; undefined when it cannot be used. */
  async #fromOpening(
    range: LiveRange,
    options: FetchOptions,
    signal: AbortSignal,
  ): Promise<OriginResult | undefined> {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening === undefined) return undefined;
    const { answer } = opening;
    const { identity } = options;
    const judgement = this.#judge(answer, { ranged: answer.status === 206, start: 0, identity });
    if (judgement.kind !== 'body' || opening.isDead) {
      opening.drop();
      return undefined;
    }
    const onChunk = this.#etags.watch(range, options);
    const received = await this.#counted(opening.use({ range, onChunk, signal }));
    if (received.how === 'broken' && received.receivedBytes === 0) return undefined;
    return this.#ended(answer, judgement, received, range, { ...options, signal });
  }

  async #ask(range: LiveRange, options: FetchOptions, signal: AbortSignal): Promise<OriginResult> {
    const { start, end } = range;
    const ranged = start > 0 || (end !== undefined && this.#ranges);
    const opened = await this.#open(start, ranged ? (end ?? 'last') : undefined, options, signal);
    if ('outcome' in opened) return opened;
    const { answer, judgement } = opened;
    if (judgement.partial) this.#misfits = 0;
    const { limiter, stallTimeoutMs } = this.#options;
    const onChunk = this.#etags.watch(range, options);
    const receiving = receive(answer, { ...judgement, range, onChunk, limiter, stallTimeoutMs, signal });
    const received = await this.#counted(receiving);
    return this.#ended(answer, judgement, received, range, { ...options, signal });
  }

  /**
   * Asks for the file from `start` on and looks at the head of the answer. `end`: undefined for the file as a whole.
   * For an answer that cannot be used, the result says why.
   */
  async #open(
    start: number,
    end: number | 'last' | undefined,
    options: FetchOptions,
    signal: AbortSignal,
  ): Promise<Opened> {
    const { identity } = options;
    const ranged = end !== undefined;
    const isStray = ({ status, response }: Answer) =>
      this.#isPage === false && isStrayPage(status, response.headers, identity.sizeBytes);
    let answer: Answer;
    try {
      const headers = ranged ? { range: `bytes=${start}-${end === 'last' ? '' : end - 1}` } : {};
      answer = await this.#options.route.open({ headers, isStray, signal });
    } catch (thrown) {
      return signal.aborted ? { outcome: 'stopped', receivedBytes: 0 } : this.#notAnswered(thrown);
    }
    const judgement = this.#judge(answer, { ranged, start, identity });
    if (judgement.kind === 'other-etag') {
      const { etag } = identityOf(answer.response.headers, undefined);
      void discard(answer);
      const comparing = this.#etags.compare(etag, identity, this.#ranges && this.#readings === undefined);
      await untilAborted(comparing, signal);
      if (signal.aborted) return { outcome: 'stopped', receivedBytes: 0 };
      const compared = await comparing;
      if (compared === 'same') return this.#open(start, end, options, signal);
      if (compared === 'different') return { ...changed(judgement.message), receivedBytes: 0 };
    }
    if (judgement.kind !== 'body') return this.#refusalResult(answer, judgement, identity.sizeBytes);
    this.#hasWorked = true;
    return { answer, judgement };
  }

  async #counted<T>(receiving: Promise<T>): Promise<T> {
    this.#receiving += 1;
    return receiving.finally(() => {
      this.#receiving -= 1;
    });
  }

  async #ended(
    { localAddress }: Answer,
    judgement: BodyJudgement,
    received: Received,
    range: LiveRange,
    options: FetchOptions & { readonly signal: AbortSignal },
  ): Promise<OriginResult> {
    const rest = restOf(received, judgement, range);
    if (rest === undefined)
      return { ...outcomeOf(received, judgement, range, options.identity), localAddress };
    const result = await this.fetchRange(rest, options, options.signal);
    return { ...result, receivedBytes: received.receivedBytes + result.receivedBytes };
  }

  #notAnswered(thrown: unknown): OriginResult {
    if (thrown instanceof HostPaused) {
      const error = pausedError(this.#options.route.target.host, thrown);
      const { message } = error;
      return { outcome: 'busy', retryAfterMs: thrown.leftMs, message, error, receivedBytes: 0 };
    }
    const { outcome, error } = failureOf(thrown, this.#options.route.given);
    return { outcome, message: error.message, error, receivedBytes: 0 };
  }

  /** The result for an answer whose body cannot be used. */
  #refusalResult(
    answer: Answer,
    judgement: Exclude<Judgement, { kind: 'body' }>,
    sizeBytes: number | undefined,
  ) {
    void discard(answer);
    if (judgement.kind === 'misfit') this.#misfits += 1;
    const result = refusalResult(answer, judgement, {
      given: this.#options.route.given,
      hasWorked: this.#hasWorked,
      isServing: this.#receiving > 0,
      isHopeless: judgement.kind === 'other-etag' ? this.#etags.isHopeless : this.#misfits >= MAX_MISFITS,
      mayReadWhole: sizeBytes !== undefined && this.#readings === undefined,
    });
    if (result.outcome === 'rangeless') this.#readWhole();
    return result;
  }

  #readWhole(): void {
    const { limiter, stallTimeoutMs } = this.#options;
    const whole = (options: FetchOptions, signal: AbortSignal) => this.#open(0, undefined, options, signal);
    this.#readings = new SequentialRangeReader(whole, { limiter, stallTimeoutMs });
  }
}
