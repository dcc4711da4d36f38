import { setTimeout as delay } from 'node:timers/promises';
import { DragonloadError } from '../core/errors.ts';
import type { OriginOutcome } from '../core/member/api.ts';
import type { FileIdentity } from '../core/messages.ts';
import { Connections } from './connections.ts';
import { failureOf, isBusy, statusError, statusOutcome } from './failures.ts';
import { type Judgement, judge } from './judge.ts';
import type { Meter } from './meter.ts';
import { type Probe, ProbeStatus, probe } from './probe.ts';
import { type LiveRange, type Received, receive } from './receive.ts';
import { checkHeaders } from './request-headers.ts';
import { parseRetryAfter } from './retry-after.ts';
import { Route } from './route.ts';
import { type Answer, discard } from './send.ts';
import { parseOriginUrl } from './url.ts';

/** So many answers in a row that do not fit the question, and the origin is not asked again. */
const MAX_MISFITS = 3;
/** A probe is tried so often when what goes wrong may pass. */
const PROBE_ATTEMPTS = 3;
/** The least that an origin has to send at a time for its shorter parts to be put together. */
const MIN_CAPPED_BYTES = 64 * 1024;
/** A probe waits no longer than this for an origin that asks for a pause. */
const MAX_PROBE_PAUSE_MS = 10_000;

export interface OriginOptions {
  /** Sent to the host of the URL, never to another one. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Default `dragonload`. */
  readonly userAgent?: string;
  /** False for URLs that others named: loopback, private, link-local and other addresses of the inside are refused. */
  readonly allowPrivate: boolean;
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** From the request to the head of the answer. Default 30 s. */
  readonly headersTimeoutMs?: number;
  /** With no byte for this long, a transfer is broken off. Default 20 s. */
  readonly stallTimeoutMs?: number;
  /** First pause before a probe is tried again; doubles. Default 500 ms. */
  readonly retryDelayMs?: number;
  readonly limiter?: Meter;
  /** Address of this machine to connect from. Default: the system's choice. */
  readonly localAddress?: string;
  /** PEM certificates to trust besides those that Node trusts. */
  readonly ca?: string;
}

export interface FetchOptions {
  /** What the file was when it was first seen; answers that speak of another file are refused. */
  readonly identity: FileIdentity;
  /**
   * Gets the bytes in order. They are lent until it returns or, if it returns a promise, until that is settled; the
   * connection is paused meanwhile.
   */
  readonly onChunk: (chunk: Buffer) => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OriginResult {
  readonly outcome: OriginOutcome;
  /** What the origin asked for with Retry-After: 0 to one hour. */
  readonly retryAfterMs?: number | undefined;
  /** Why it did not go well, for people. */
  readonly message?: string | undefined;
  /** With `refused`, as far as there is more to say than the message: its code and the next step. */
  readonly error?: DragonloadError | undefined;
  /** Bytes handed over: those from `range.start` on, without a gap. */
  readonly receivedBytes: number;
  readonly localAddress?: string | undefined;
  /** The file's size as far as this answer told or as its end showed. */
  readonly sizeBytes?: number | undefined;
}

/** A file at an HTTP or HTTPS origin: looks at it and fetches ranges of it, each on a connection of its own. */
export class Origin implements AsyncDisposable {
  readonly #connections: Connections;
  readonly #route: Route;
  readonly #options: OriginOptions;
  readonly #closed = new AbortController();
  /** Learnt by a probe; until then ranges are hoped for. */
  #ranges = true;
  #misfits = 0;

  /** Throws `bad-url`, or `usage` for headers that cannot be sent. */
  constructor(url: string, options: OriginOptions) {
    const given = parseOriginUrl(url);
    checkHeaders(options);
    this.#options = options;
    this.#connections = new Connections({ ...options, rateLimit: () => options.limiter?.bytesPerSecond });
    const timeouts = {
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      headersTimeoutMs: options.headersTimeoutMs ?? 30_000,
    };
    this.#route = new Route(given, this.#connections, { ...options, ...timeouts }, this.#closed.signal);
  }

  /**
   * Looks at the file. Tries again when what went wrong may pass. Throws `DragonloadError`: `dns`, `tls`,
   * `origin-missing`, `origin-refused`, `origin-failed`, `private-address`, or `aborted`.
   */
  async probe(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Probe> {
    const signal = this.#stopSignal(options.signal);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const found = await probe(this.#route, signal);
          this.#ranges = found.ranges;
          return found;
        } catch (thrown) {
          if (signal.aborted) throw thrown;
          const { error, passing, retryAfterMs } = this.#probeFailure(thrown);
          if (!passing || attempt === PROBE_ATTEMPTS) throw error;
          const pauseMs = retryAfterMs ?? (this.#options.retryDelayMs ?? 500) * 2 ** (attempt - 1);
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
   * transfer. Says with the outcome how it ended; rejects only with what `onChunk` threw.
   */
  async fetchRange(range: LiveRange, options: FetchOptions): Promise<OriginResult> {
    const { start, end } = range;
    if (end !== undefined && end <= start) return { outcome: 'complete', receivedBytes: 0 };
    const signal = this.#stopSignal(options.signal);
    const ranged = start > 0 || (end !== undefined && this.#ranges);
    let answer: Answer;
    try {
      const headers = ranged ? { range: `bytes=${start}-${end === undefined ? '' : end - 1}` } : {};
      answer = await this.#route.open({ headers, signal });
    } catch (thrown) {
      if (signal.aborted) return { outcome: 'stopped', receivedBytes: 0 };
      const { outcome, error } = failureOf(thrown, this.#route.given);
      return { outcome, message: error.message, error, receivedBytes: 0 };
    }
    const judgement = judge(answer.status, answer.response.headers, {
      ranged,
      start,
      identity: options.identity,
    });
    if (judgement.kind !== 'body') return this.#turnedAway(answer, judgement);
    if (judgement.partial) this.#misfits = 0;
    const { limiter, stallTimeoutMs = 20_000 } = this.#options;
    const { onChunk } = options;
    const received = await receive(answer, { ...judgement, range, onChunk, limiter, stallTimeoutMs, signal });
    const rest = restOf(received, judgement, range);
    if (rest !== undefined) {
      const result = await this.fetchRange(rest, options);
      return { ...result, receivedBytes: received.receivedBytes + result.receivedBytes };
    }
    return { ...outcomeOf(received, judgement, range, options.identity), localAddress: answer.localAddress };
  }

  /** Breaks off what is under way and closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#connections[Symbol.dispose]();
  }

  #stopSignal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  #probeFailure(thrown: unknown): {
    error: DragonloadError;
    passing: boolean;
    retryAfterMs: number | undefined;
  } {
    if (!(thrown instanceof ProbeStatus))
      return { ...failureOf(thrown, this.#route.given), retryAfterMs: undefined };
    const retryAfterMs = parseRetryAfter(thrown.retryAfter, Date.now());
    return { error: thrown.error, passing: isBusy(thrown.status) || thrown.status >= 500, retryAfterMs };
  }

  /** The result for an answer whose body is of no use. */
  #turnedAway(answer: Answer, judgement: Exclude<Judgement, { kind: 'body' }>): OriginResult {
    void discard(answer);
    const common = { receivedBytes: 0, localAddress: answer.localAddress };
    switch (judgement.kind) {
      case 'at-end':
        return { ...common, outcome: 'complete', sizeBytes: judgement.totalBytes };
      case 'unusable': {
        const { code, message, totalBytes: sizeBytes } = judgement;
        const next =
          code === 'origin-changed'
            ? 'Run the same command again to fetch the file as it is now; what has arrived of the old one is put aside.'
            : 'Try another address of the file.';
        const error = new DragonloadError(code, message, { next });
        return { ...common, outcome: 'refused', message, error, sizeBytes };
      }
      case 'misfit':
        this.#misfits += 1;
        return {
          ...common,
          outcome: this.#misfits < MAX_MISFITS ? 'broken' : 'refused',
          message: judgement.message,
        };
      case 'status': {
        const retryAfterMs = parseRetryAfter(answer.response.headers['retry-after'], Date.now());
        const error = statusError(answer.status, answer.url);
        const { message } = error;
        return { ...common, outcome: statusOutcome(answer.status), retryAfterMs, message, error };
      }
    }
  }
}

/**
 * What is still to be asked for when the origin sent, in order, a shorter part than it was asked for: some cap the
 * length of an answer. Parts that are tiny are not worth going on with.
 */
function restOf(
  { how, receivedBytes }: Received,
  body: Extract<Judgement, { kind: 'body' }>,
  range: LiveRange,
): LiveRange | undefined {
  const start = range.start + receivedBytes;
  if (!body.partial || how !== 'eof' || start !== body.bodyEnd || start === body.totalBytes) return undefined;
  if (receivedBytes < MIN_CAPPED_BYTES) return undefined;
  return {
    start,
    get end() {
      return range.end;
    },
  };
}

/** How a transfer ended, from how its body ended and how much was wanted. */
function outcomeOf(
  { how, receivedBytes, error }: Received,
  body: Extract<Judgement, { kind: 'body' }>,
  range: LiveRange,
  identity: FileIdentity,
): OriginResult {
  const total = body.totalBytes ?? identity.sizeBytes;
  const reached = range.start + receivedBytes;
  const result = { receivedBytes, sizeBytes: body.totalBytes };
  switch (how) {
    case 'end':
      return { ...result, outcome: 'complete' };
    case 'stopped':
      return { ...result, outcome: 'stopped' };
    case 'stalled':
      return { ...result, outcome: 'broken', message: 'The origin stopped sending.' };
    case 'broken': {
      const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
      return {
        ...result,
        outcome: 'broken',
        message: `The origin broke off${code === '' ? '' : ` (${code})`}.`,
      };
    }
    case 'eof':
      if (reached === total) return { ...result, outcome: 'complete', sizeBytes: total };
      // A whole body that ends in order where nothing was known of the length is how a stream tells it.
      if (total === undefined && !body.partial) return { ...result, outcome: 'complete', sizeBytes: reached };
      return { ...result, outcome: 'broken', message: 'The origin sent less than it was asked for.' };
  }
}
