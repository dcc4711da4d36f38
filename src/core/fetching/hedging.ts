import { LONGEST_WINDOW_MS, StreamPace, type Racer as WatchedStream } from './stream-pace.ts';

/** Streams are looked at this often. */
export const LOOK_MS = 100;
/** Asking again must bring the rest so much sooner. */
const MIN_GAIN_MS = 1_000;
/** And without ranges, where all that was brought comes again, in this share of the time. */
const PASS_SHARE = 1 / 4;
/** So many streams are asked for again in a row, and one more each time that this has passed. */
const MAX_RETRIES = 4;
const ONE_MORE_MS = 15_000;

/**
 * A stream that is alone, with nothing known to compare it with, may crawl all the same. If it is slow, another one is
 * tried after this long, twice as long each further time, and so many times: what all of them bring is what the origin gives.
 */
const DOUBT_MS = 5_000;
const MAX_DOUBTS = 3;
/** Slow is what has at least this long to go: leases are made for less at the rate that is known. */
const DOUBTFUL_LEFT_MS = 10_000;

/** How long a stream is watched before it is condemned, and for what. */
interface SlowStreamRule {
  readonly windowMs: number;
  /** Of what is usual: with less than this it crawls. */
  readonly share: number;
  /** Bytes are told of in steps: with less than this to be expected in the time a slow stream cannot be told from a late step. */
  readonly tellingBytes: number;
  /** Whether it is judged before its first bytes are there: some requests take an origin longer than others. */
  readonly isPatient: boolean;
}

/** Beside others, the first that tells counts: a stream that all but stands is found out soon. */
const PEER_RULES: readonly SlowStreamRule[] = [
  { windowMs: 500, share: 0.1, tellingBytes: 256 * 1024, isPatient: false },
  { windowMs: 1_500, share: 0.3, tellingBytes: 512 * 1024, isPatient: true },
  { windowMs: 3_000, share: 0.3, tellingBytes: 512 * 1024, isPatient: true },
  { windowMs: LONGEST_WINDOW_MS, share: 0.3, tellingBytes: 512 * 1024, isPatient: true },
];
/** All that are open together crawl when they bring less than one did before. */
const TOGETHER: readonly Omit<SlowStreamRule, 'isPatient'>[] = [
  { windowMs: 1_500, share: 0.1, tellingBytes: 512 * 1024 },
  { windowMs: 3_000, share: 0.2, tellingBytes: 512 * 1024 },
  { windowMs: LONGEST_WINDOW_MS, share: 0.3, tellingBytes: 512 * 1024 },
];
/** What is usual is learnt over the first of these times that tells enough. */
const USUAL_WINDOWS_MS: readonly number[] = [500, 1_500, 3_000, LONGEST_WINDOW_MS];

/** A stream that should be asked for again. */
export interface SlowStream {
  readonly id: number;
  /**
   * It brings nothing while others move, and the retries are used up: the origin serves fewer connections than it takes.
   */
  readonly isOneTooMany: boolean;
}

/**
 * Sees that no download waits for its slowest connection. It compares the streams that are open at one origin: one that
 * crawls while the others move is asked for again on a new connection, and so are all when they bring next to nothing of
 * what one did before. Looks at the streams every `LOOK_MS`, not at each
 * event.
 */
export class SlowStreamWatch {
  readonly pace: StreamPace;
  readonly #ranges: boolean;
  #lookAtMs = 0;
  /** Requests in a row that were given up on the way to their place: each further one is given twice as long. */
  #passes = 0;
  #doubts = 0;
  #retries = MAX_RETRIES;
  #retriesMs = 0;

  /** `ranges`: false where every request begins at the first byte, and nothing is heard of it before it is where it is to begin. */
  constructor(pace: StreamPace = new StreamPace(), ranges = true) {
    this.pace = pace;
    this.#ranges = ranges;
  }

  /** When to look next. */
  get lookAtMs(): number {
    return this.#lookAtMs;
  }

  /** Which streams to ask for again. Nothing unless it is time to look. */
  look(racers: Iterable<WatchedStream>, nowMs: number): readonly SlowStream[] {
    if (nowMs < this.#lookAtMs) return [];
    this.#lookAtMs = nowMs + LOOK_MS;
    const streams = [...racers];
    this.pace.mark(streams, nowMs);
    const crawlers = streams.flatMap((stream) => this.#judge(stream, streams, nowMs) ?? []);
    if (crawlers.length === 0) this.pace.remember(streams, USUAL_WINDOWS_MS, nowMs);
    return crawlers;
  }

  #judge(stream: WatchedStream, streams: readonly WatchedStream[], nowMs: number): SlowStream | undefined {
    if (stream.stopping || stream.position >= stream.end) return undefined;
    return (
      this.#judgeAgainstPeers(stream, streams, nowMs) ??
      this.#judgeAll(stream, streams, nowMs) ??
      this.#suspect(stream, streams, nowMs)
    );
  }

  /** One among others is compared with them. */
  #judgeAgainstPeers(
    stream: WatchedStream,
    streams: readonly WatchedStream[],
    nowMs: number,
  ): SlowStream | undefined {
    if (streams.length < 2) return undefined;
    for (const { windowMs, share, tellingBytes, isPatient } of PEER_RULES) {
      if (nowMs - stream.openedMs < windowMs + 2 * this.pace.setupMs) return undefined;
      if (!isPatient && !this.pace.hasBegun(stream)) continue;
      const usual = this.pace.usualRate(streams, stream, windowMs, nowMs);
      if (usual === undefined || (usual * windowMs) / 1_000 < tellingBytes) continue;
      const own = this.pace.rateOf(stream, windowMs, nowMs) ?? 0;
      const crawler = own < usual * share ? this.#markSlow(stream, own, usual, isPatient, nowMs) : undefined;
      // The short look only finds the worst.
      if (crawler || isPatient) return crawler;
    }
    return undefined;
  }

  /** All together, or the only one, are compared with what one stream brought before. */
  #judgeAll(stream: WatchedStream, streams: readonly WatchedStream[], nowMs: number): SlowStream | undefined {
    const usual = this.pace.pastRate;
    if (this.pace.hasBegun(stream)) this.#passes = 0;
    const wayMs = this.pace.setupMs + this.#passingMs(stream.start, usual) * 2 ** this.#passes;
    for (const { windowMs, share, tellingBytes } of TOGETHER) {
      // Without ranges all that a stream has brought comes again, and its link may be good for one request: no short pause is worth it.
      if (!this.#ranges && windowMs < LONGEST_WINDOW_MS) continue;
      if (nowMs - stream.openedMs < windowMs + 2 * wayMs) return undefined;
      if ((usual * windowMs) / 1_000 < tellingBytes) continue;
      let all = 0;
      for (const other of streams) all += this.pace.rateOf(other, windowMs, nowMs) ?? 0;
      const own = this.pace.rateOf(stream, windowMs, nowMs) ?? 0;
      if (all >= usual * share) continue;
      const crawler = this.#markSlow(stream, own, usual, false, nowMs);
      if (crawler && !this.pace.hasBegun(stream)) this.#passes += 1;
      return crawler;
    }
    return undefined;
  }

  /** Whether another one brings more than the only one only that other can tell. Without ranges it would have to begin anew. */
  #suspect(stream: WatchedStream, streams: readonly WatchedStream[], nowMs: number): SlowStream | undefined {
    if (!this.#ranges || streams.length > 1 || this.#doubts >= MAX_DOUBTS) return undefined;
    if (!this.pace.hasBegun(stream) || nowMs - stream.openedMs < DOUBT_MS * 2 ** this.#doubts)
      return undefined;
    const own = this.pace.rateOf(stream, LONGEST_WINDOW_MS, nowMs);
    if (own === undefined || ((stream.end - stream.position) / own) * 1_000 < DOUBTFUL_LEFT_MS)
      return undefined;
    this.#doubts += 1;
    return { id: stream.id, isOneTooMany: false };
  }

  #markSlow(
    stream: WatchedStream,
    own: number,
    usual: number,
    isSure: boolean,
    nowMs: number,
  ): SlowStream | undefined {
    const left = stream.end - stream.position;
    const anewMs = this.pace.setupMs + this.#passingMs(stream.position, usual) + (left / usual) * 1_000;
    const leftMs = (left / own) * 1_000;
    if (leftMs - anewMs < MIN_GAIN_MS || (!this.#ranges && anewMs > leftMs * PASS_SHARE)) return undefined;
    if (this.#takeRetry(nowMs)) return { id: stream.id, isOneTooMany: false };
    return isSure && own === 0 ? { id: stream.id, isOneTooMany: true } : undefined;
  }

  /** How long it takes until a request has come to an offset. */
  #passingMs(offset: number, usual: number): number {
    return this.#ranges || usual === 0 ? 0 : (offset / usual) * 1_000;
  }

  #takeRetry(nowMs: number): boolean {
    const more = Math.floor((nowMs - this.#retriesMs) / ONE_MORE_MS);
    this.#retries = Math.min(MAX_RETRIES, this.#retries + more);
    this.#retriesMs += more * ONE_MORE_MS;
    if (this.#retries < 1) return false;
    this.#retries -= 1;
    return true;
  }
}
