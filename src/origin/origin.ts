import { setTimeout as delay } from 'node:timers/promises';
import { DragonloadError } from '../core/errors.ts';
import { parseOriginUrl } from '../url/web-url.ts';
import { askSample } from './compare/ask-sample.ts';
import { type HeldBlocks, OtherEtags } from './compare/other-etags.ts';
import type { Sample } from './compare/samples.ts';
import { codingOf } from './heads/coding.ts';
import { type Asked, type Judgement, judge } from './heads/judge.ts';
import { isHtml, isStrayPage } from './heads/page.ts';
import { identityOf } from './heads/validators.ts';
import { HostPaused, HostPauses } from './limits/host-pauses.ts';
import { Connections } from './network/connections.ts';
import { type Found, type Probe, ProbeStatus, probe } from './probe.ts';
import { checkHeaders } from './requests/request-headers.ts';
import { failureOf, isBusy } from './transfer/failures.ts';
import { FirstResponse, TAKE_BYTES } from './transfer/first-response.ts';
import type { FetchOptions, OriginOptions, ProbeOptions } from './transfer/origin-options.ts';
import { type BodyJudgement, changed, type OriginResult, outcomeOf, restOf } from './transfer/outcome.ts';
import { type LiveRange, type Received, receive } from './transfer/receive.ts';
import { turnedAway } from './transfer/refusals.ts';
import { Route } from './transfer/route.ts';
import { type Answer, discard } from './transfer/send.ts';
import { type Opened, SequentialRangeReader } from './transfer/sequential-range-reader.ts';
import { untilAborted } from './transfer/until-aborted.ts';

export type { FetchOptions, OriginOptions, ProbeOptions } from './transfer/origin-options.ts';
export type { OriginResult } from './transfer/outcome.ts';

/** So many answers in a row that do not fit the question, and the origin is not asked again. */
const MAX_MISFITS = 3;
/** A probe is tried so often when what goes wrong may pass. */
const PROBE_ATTEMPTS = 3;
/** A probe waits no longer than this for an origin that asks for a pause. */
const MAX_PROBE_PAUSE_MS = 10_000;
/** A small file that has not come whole after this time is fetched like a large one, so that its progress shows. */
const TAKE_TIMEOUT_MS = 3000;
/** Why things end with an origin: one for all, since there is one at the end of every download. */
const CLOSED = new DOMException('The origin was closed.', 'AbortError');

/** A file at an HTTP or HTTPS origin: looks at it and fetches ranges of it, each on a connection of its own. */
export class Origin implements AsyncDisposable {
  /** As it was given, without its fragment. May hold secrets: show it with `displayUrl`. */
  readonly url: string;
  readonly #connections: Connections;
  readonly #ownsConnections: boolean;
  readonly #pauses: HostPauses;
  readonly #route: Route;
  readonly #options: OriginOptions;
  readonly #closed = new AbortController();
  /** Learnt by a probe; until then ranges are hoped for. */
  #ranges = true;
  /** Whether the file is a web page itself. Undefined until a probe has seen it. */
  #isPage: boolean | undefined;
  /** The file has been seen here. */
  #hasWorked = false;
  #misfits = 0;
  /** Bodies that are being received. */
  #receiving = 0;
  #opening: FirstResponse | undefined;
  /** No part comes as it was asked for: what is asked for is taken from these. */
  #readings: SequentialRangeReader | undefined;
  readonly #etags: OtherEtags;

  /** Throws `bad-url`, or `usage` for headers that cannot be sent. */
  constructor(url: string, options: OriginOptions) {
    const given = parseOriginUrl(url);
    this.url = given.href;
    const { settings, limiter, allowPrivate, connections, pauses } = options;
    if (connections?.allowPrivate === true && !allowPrivate)
      throw new TypeError('These connections may lead inside.');
    const headers = {
      ...settings,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.userAgent === undefined ? {} : { userAgent: options.userAgent }),
    };
    checkHeaders(headers);
    this.#options = options;
    this.#ownsConnections = connections === undefined;
    this.#connections =
      connections ?? new Connections({ ...options, rateLimit: () => limiter?.bytesPerSecond });
    this.#pauses = pauses ?? new HostPauses();
    this.#route = new Route(given, this.#connections, {
      ...headers,
      pauses: this.#pauses,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      headersTimeoutMs: options.headersTimeoutMs ?? 30_000,
    });
    const { signal } = this.#closed;
    const asking = { limiter, stallTimeoutMs: options.stallTimeoutMs ?? 20_000, signal };
    const judge = (answer: Answer, asked: Asked) => this.#judge(answer, asked);
    this.#etags = new OtherEtags({
      ask: (place) => askSample(place, { route: this.#route, judge, ...asking }),
      isReceiving: () => this.#receiving > 0,
      signal,
    });
  }

  /** What is here of the file, to compare with where ETags differ. */
  compareWith(held: HeldBlocks): void {
    this.#etags.held = held;
  }

  /** A few blocks of what is here of the file, as `compareWith` was told. */
  readHeld(): Promise<readonly Sample[]> {
    return this.#etags.readHeld();
  }

  /** Whether it serves parts: learnt by a probe, hoped for until then. */
  get ranges(): boolean {
    return this.#ranges;
  }

  /** Where ranges are asked of at present: a host, with its port if that is not the usual one, and a path there. */
  get target(): { readonly host: string; readonly path: string } {
    return this.#route.target;
  }

  /**
   * Looks at the file. Tries again when what went wrong may pass. Throws `DragonloadError`: `dns`, `tls`,
   * `origin-missing`, `origin-refused`, `origin-failed`, `private-address`, or `aborted`.
   */
  async probe(options: ProbeOptions = {}): Promise<Probe> {
    const signal = this.#stopSignal(options.signal);
    const { take = false, keepWhole = false } = options;
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const found = await this.#look(await probe(this.#route, { take, keepWhole, signal }), take, signal);
          signal.throwIfAborted();
          return found;
        } catch (thrown) {
          if (signal.aborted) throw thrown;
          const { error, passing } = this.#probeFailure(thrown);
          if (!passing || attempt === PROBE_ATTEMPTS) throw error;
          const pauseMs = error.retryAfterMs ?? (this.#options.retryDelayMs ?? 500) * 2 ** (attempt - 1);
          if (pauseMs > MAX_PROBE_PAUSE_MS) throw error;
          await delay(pauseMs, undefined, { signal });
        }
      }
    } catch (thrown) {
      if (signal.aborted)
        throw new DragonloadError('aborted', 'Looking at the file was stopped.', { cause: thrown });
      throw thrown;
    }
  }

  /**
   * Fetches a range, or with `end` undefined everything from `start` on. Lowering `range.end` on the way trims the
   * transfer. Says with the outcome how it ended; rejects only with what `onChunk` threw. After `rangeless`, ranges are
   * taken from readings of the whole file, which is fast only for ranges in order, one at a time.
   */
  async fetchRange(range: LiveRange, options: FetchOptions): Promise<OriginResult> {
    if (range.end !== undefined && range.end <= range.start) return { outcome: 'complete', receivedBytes: 0 };
    const signal = this.#stopSignal(options.signal);
    if (range.start > 0 && !this.#ranges && this.#readings === undefined) {
      this.#readWhole();
      const message = 'The origin gives the file only as a whole.';
      return { outcome: 'rangeless', message, receivedBytes: 0 };
    }
    if (this.#readings !== undefined) return this.#counted(this.#readings.fetchRange(range, options, signal));
    const opened = range.start === 0 ? await this.#fromOpening(range, options, signal) : undefined;
    return opened ?? this.#ask(range, options, signal);
  }

  /** The network is another one: kept connections lead nowhere, and what the host said was said to another address. */
  networkChanged(): void {
    this.#opening?.drop();
    this.#opening = undefined;
    this.#connections.reset();
    this.#pauses.clear();
    this.#misfits = 0;
    this.#readings?.close();
    this.#readings = undefined;
  }

  /** Breaks off what is under way and closes the connections that are its own. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(CLOSED);
    this.#opening?.drop();
    this.#readings?.close();
    if (this.#ownsConnections) this.#connections[Symbol.dispose]();
  }

  #stopSignal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  /** Remembers what a probe found, and keeps or takes the body of its answer. */
  async #look({ probe: found, answer, isOpen }: Found, take: boolean, signal: AbortSignal): Promise<Probe> {
    const { headers } = answer.response;
    this.#ranges = found.ranges;
    this.#isPage = isHtml(headers);
    this.#hasWorked = true;
    this.#opening?.drop();
    this.#opening = undefined;
    // Nobody checked whose word the digests are.
    const probe = this.#options.settings?.insecure === true ? { ...found, digests: [] } : found;
    const { sizeBytes } = found.identity;
    if (!isOpen)
      return answer.status === 416 && sizeBytes === 0 ? { ...probe, whole: Buffer.alloc(0) } : probe;
    const judgement = this.#judge(answer, {
      ranged: answer.status === 206,
      start: 0,
      identity: found.identity,
    });
    if (judgement.kind !== 'body') {
      await discard(answer);
      return probe;
    }
    const { limiter, stallTimeoutMs = 20_000 } = this.#options;
    const opening = new FirstResponse(answer, judgement, { limiter, stallTimeoutMs });
    this.#opening = opening;
    // Of a part, only its size tells that it is the whole.
    const maySuffice = sizeBytes === undefined ? !judgement.partial : sizeBytes <= TAKE_BYTES;
    const whole =
      take && maySuffice ? await opening.whole(sizeBytes, { timeoutMs: TAKE_TIMEOUT_MS, signal }) : undefined;
    if (whole === undefined) return probe;
    this.#opening = undefined;
    return { ...probe, whole };
  }

  #probeFailure(thrown: unknown): { error: DragonloadError; passing: boolean } {
    if (thrown instanceof HostPaused) return { error: this.#pausedError(thrown), passing: true };
    if (!(thrown instanceof ProbeStatus)) return failureOf(thrown, this.#route.given);
    return { error: thrown.error, passing: isBusy(thrown.status) || thrown.status >= 500 };
  }

  #pausedError(cause: HostPaused): DragonloadError {
    return new DragonloadError('origin-failed', `${this.#route.target.host} has asked for a pause.`, {
      next: 'Try again later, or with fewer --connections.',
      mayPass: true,
      retryAfterMs: cause.leftMs,
      cause,
    });
  }

  #judge({ status, url, response: { headers } }: Answer, asked: Asked): Judgement {
    const { etag } = identityOf(headers, undefined);
    const coding = codingOf(headers, this.#route.given, url);
    return judge(status, headers, {
      ignoreEtags: this.#etags.accepts(etag),
      ...asked,
      coding,
      wasPage: this.#isPage,
    });
  }

  /** Goes on with the answer to the probe, if that was kept. Undefined: it is of no use. */
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
    return this.#ended(answer, judgement, received, range, options);
  }

  async #ask(range: LiveRange, options: FetchOptions, signal: AbortSignal): Promise<OriginResult> {
    const { start, end } = range;
    const ranged = start > 0 || (end !== undefined && this.#ranges);
    const opened = await this.#open(start, ranged ? (end ?? 'last') : undefined, options, signal);
    if ('outcome' in opened) return opened;
    const { answer, judgement } = opened;
    if (judgement.partial) this.#misfits = 0;
    const { limiter, stallTimeoutMs = 20_000 } = this.#options;
    const onChunk = this.#etags.watch(range, options);
    const receiving = receive(answer, { ...judgement, range, onChunk, limiter, stallTimeoutMs, signal });
    const received = await this.#counted(receiving);
    return this.#ended(answer, judgement, received, range, options);
  }

  /**
   * Asks for the file from `start` on and looks at the head of the answer. `end`: undefined for the file as a whole. What
   * there is to say of an answer that is of no use is the result.
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
      answer = await this.#route.open({ headers, isStray, signal });
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
    if (judgement.kind !== 'body') return this.#turnedAway(answer, judgement, identity.sizeBytes);
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
    options: FetchOptions,
  ): Promise<OriginResult> {
    const rest = restOf(received, judgement, range);
    if (rest === undefined)
      return { ...outcomeOf(received, judgement, range, options.identity), localAddress };
    const result = await this.fetchRange(rest, options);
    return { ...result, receivedBytes: received.receivedBytes + result.receivedBytes };
  }

  #notAnswered(thrown: unknown): OriginResult {
    if (thrown instanceof HostPaused) {
      const error = this.#pausedError(thrown);
      const { message } = error;
      return { outcome: 'busy', retryAfterMs: thrown.leftMs, message, error, receivedBytes: 0 };
    }
    const { outcome, error } = failureOf(thrown, this.#route.given);
    return { outcome, message: error.message, error, receivedBytes: 0 };
  }

  /** The result for an answer whose body is of no use. */
  #turnedAway(
    answer: Answer,
    judgement: Exclude<Judgement, { kind: 'body' }>,
    sizeBytes: number | undefined,
  ) {
    void discard(answer);
    if (judgement.kind === 'misfit') this.#misfits += 1;
    const result = turnedAway(answer, judgement, {
      given: this.#route.given,
      hasWorked: this.#hasWorked,
      isServing: this.#receiving > 0,
      isHopeless: judgement.kind === 'other-etag' ? this.#etags.isHopeless : this.#misfits >= MAX_MISFITS,
      mayReadWhole: sizeBytes !== undefined && this.#readings === undefined,
    });
    if (result.outcome === 'rangeless') this.#readWhole();
    return result;
  }

  #readWhole(): void {
    const { limiter, stallTimeoutMs = 20_000 } = this.#options;
    const whole = (options: FetchOptions, signal: AbortSignal) => this.#open(0, undefined, options, signal);
    this.#readings = new SequentialRangeReader(whole, { limiter, stallTimeoutMs });
  }
}
