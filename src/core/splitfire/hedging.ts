/** Streams are looked at this often. */
export const LOOK_MS = 250;
/** A stream is judged by what it brought in one of these times, the shortest that tells enough. */
const WINDOWS_MS = [1_500, 3_000, 6_000] as const;
/** Bytes are told of in steps: with less than this expected in a window a slow stream cannot be told from a late step. */
const TELLING_BYTES = 512 * 1024;
/** A stream crawls when it brings less than this share of what the others do. */
const CRAWL_SHARE = 0.3;
/** A stream that is alone is compared with what this origin brought before, after this time, and condemned below this share. */
const LONE_WINDOW_MS = 3_000;
const LONE_SHARE = 0.1;
/** Asking again must bring the rest so much sooner. */
const MIN_GAIN_MS = 1_000;
/** So many streams are asked for again in a row, and one more each time that this has passed. */
const MAX_RETRIES = 4;
const ONE_MORE_MS = 15_000;
/** A rate is known after this time; before, a stream is taken for a usual one. */
const YOUNG_MS = 500;
/** What ended streams brought tells of the present for this long. */
const RECENT_MS = 5_000;
const MAX_RECENT = 32;
/** Parts shorter than this, and gains below this, are not worth a request. */
const MIN_PART_BYTES = 16 * 1024;
const MIN_SPLIT_GAIN_MS = 100;
/** A whole piece is worth this much waiting: a stream then ends where pieces do. */
const ALIGNMENT_MS = 50;
/** How much of the difference one look takes over into what is usual. */
const RISE = 1 / 8;
const FALL = 1 / 64;
/** How long the first byte takes, until that has been seen. */
const FIRST_SETUP_MS = 150;
const MAX_SETUP_MS = 5_000;

/** A stream as it stands. */
export interface Racer {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  /** Where its next byte goes. */
  readonly position: number;
  readonly openedMs: number;
  /** Its end has been asked for. */
  readonly stopping: boolean;
}

/** A stream that should be asked for again. `still`: it brings nothing, and streams beyond the usual number do. */
export interface Crawler {
  readonly id: number;
  /** The retries are used up: if nothing comes of this one, the origin serves fewer connections than it takes. */
  readonly isOneTooMany: boolean;
}

interface Track {
  readonly marks: { readonly ms: number; readonly position: number }[];
  hasBegun: boolean;
}

/**
 * Sees that no download waits for its slowest connection. It compares the streams that are open at one origin: one that
 * crawls while the others move is asked for again on a new connection, and when connections have nothing left to do,
 * the rest of the stream that would end last is shared with them. Looks at the streams every `LOOK_MS`, not at each event.
 */
export class Hedging {
  readonly #tracks = new Map<number, Track>();
  #recent: { readonly ms: number; readonly rate: number }[] = [];
  /** What a stream brings when nothing is wrong: rises fast and sinks slowly. */
  #pastRate = 0;
  #setupMs = FIRST_SETUP_MS;
  #lookAtMs = 0;
  #retries = MAX_RETRIES;
  #retriesMs = 0;

  /** How long it takes from a request to its first byte. */
  get setupMs(): number {
    return this.#setupMs;
  }

  opened(stream: Racer): void {
    const marks = [{ ms: stream.openedMs, position: stream.position }];
    this.#tracks.set(stream.id, { marks, hasBegun: false });
  }

  /** The first bytes of a stream are there. Called with later ones too. */
  moved(stream: Racer, nowMs: number): void {
    const track = this.#tracks.get(stream.id);
    if (!track || track.hasBegun) return;
    track.hasBegun = true;
    const tookMs = Math.min(MAX_SETUP_MS, nowMs - stream.openedMs);
    this.#setupMs += (tookMs - this.#setupMs) / 4;
  }

  ended(stream: Racer, nowMs: number): void {
    this.#tracks.delete(stream.id);
    const ageMs = nowMs - stream.openedMs;
    if (stream.position === stream.start || ageMs <= 0) return;
    this.#recent.push({ ms: nowMs, rate: ((stream.position - stream.start) / ageMs) * 1_000 });
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }

  /** Which streams to ask for again. Nothing unless it is time to look. */
  look(racers: Iterable<Racer>, nowMs: number): readonly Crawler[] {
    if (nowMs < this.#lookAtMs) return [];
    const streams = [...racers];
    this.#lookAtMs = nowMs + LOOK_MS;
    for (const { id, position } of streams) {
      const marks = this.#tracks.get(id)?.marks;
      marks?.push({ ms: nowMs, position });
      const oldest = nowMs - WINDOWS_MS.at(-1)! - LOOK_MS;
      while (marks && marks.length > 2 && marks[1]!.ms <= oldest) marks.shift();
    }
    const crawlers = this.#crawlers(streams, nowMs);
    if (crawlers.length === 0) this.#remember(streams, nowMs);
    return crawlers;
  }

  /**
   * Where to cut the stream that would end last, when `spare` connections have nothing to do: what is behind that is for
   * one of them. Undefined when that brings nothing. `wholePieces`: only where a piece begins, unless the stream crawls.
   */
  split(
    streams: readonly Racer[],
    spare: number,
    { pieceBytes, wholePieces }: { readonly pieceBytes: number; readonly wholePieces: boolean },
    nowMs: number,
  ): { readonly id: number; readonly at: number } | undefined {
    const usual = this.#usualRate(streams, undefined, WINDOWS_MS[0], nowMs);
    if (usual === undefined || spare < 1) return undefined;
    let work = 0;
    let rates = 0;
    let last: { readonly stream: Racer; readonly rate: number; readonly leftMs: number } | undefined;
    for (const stream of streams) {
      const left = stream.end - stream.position;
      if (stream.stopping || left <= 0) continue;
      const ageMs = nowMs - stream.openedMs;
      const setupMs = stream.position > stream.start ? 0 : Math.max(0, this.#setupMs - ageMs);
      const rate = this.#rateOf(stream, WINDOWS_MS[0], nowMs) ?? usual;
      work += left + (rate * setupMs) / 1_000;
      rates += rate;
      const leftMs = setupMs + (rate > 0 ? (left / rate) * 1_000 : Number.POSITIVE_INFINITY);
      if (last === undefined || leftMs > last.leftMs) last = { stream, rate, leftMs };
    }
    if (last === undefined) return undefined;
    // When all would end together.
    const idle = spare * usual;
    const endMs = ((work + (idle * this.#setupMs) / 1_000) / (rates + idle)) * 1_000;
    if (last.leftMs - endMs < MIN_SPLIT_GAIN_MS) return undefined;
    const { stream, rate } = last;
    const excess = stream.end - stream.position - (rate * endMs) / 1_000;
    const bytes = Math.floor(Math.min(excess, ((endMs - this.#setupMs) / 1_000) * usual));
    if (bytes < MIN_PART_BYTES) return undefined;
    const at = stream.end - bytes;
    const border = Math.round(at / pieceBytes) * pieceBytes;
    const fits = border > stream.position && stream.end - border >= MIN_PART_BYTES;
    if (wholePieces && rate >= usual * CRAWL_SHARE) return fits ? { id: stream.id, at: border } : undefined;
    const isNear = Math.abs(border - at) * 1_000 <= rate * ALIGNMENT_MS;
    return { id: stream.id, at: fits && isNear ? border : at };
  }

  #crawlers(streams: readonly Racer[], nowMs: number): readonly Crawler[] {
    const crawlers: Crawler[] = [];
    for (const stream of streams) {
      if (stream.stopping || stream.position >= stream.end) continue;
      const rates =
        streams.length > 1 ? this.#ratesBeside(streams, stream, nowMs) : this.#ratesAlone(stream, nowMs);
      const share = streams.length > 1 ? CRAWL_SHARE : LONE_SHARE;
      if (!rates || rates.own >= rates.usual * share) continue;
      const left = stream.end - stream.position;
      const anewMs = this.#setupMs + (left / rates.usual) * 1_000;
      if ((left / rates.own) * 1_000 - anewMs < MIN_GAIN_MS) continue;
      const isAllowed = this.#takeRetry(nowMs);
      if (isAllowed || rates.own === 0) crawlers.push({ id: stream.id, isOneTooMany: !isAllowed });
    }
    return crawlers;
  }

  /** How fast a stream and the others are, in the shortest time that tells; undefined while nothing can be said. */
  #ratesBeside(
    streams: readonly Racer[],
    stream: Racer,
    nowMs: number,
  ): { readonly own: number; readonly usual: number } | undefined {
    for (const windowMs of WINDOWS_MS) {
      if (nowMs - stream.openedMs < windowMs + 2 * this.#setupMs) return undefined;
      const usual = this.#usualRate(streams, stream, windowMs, nowMs);
      if (usual === undefined || (usual * windowMs) / 1_000 < TELLING_BYTES) continue;
      return { own: this.#rateOf(stream, windowMs, nowMs) ?? 0, usual };
    }
    return undefined;
  }

  /** How fast the only stream is, and what was usual before. */
  #ratesAlone(stream: Racer, nowMs: number): { readonly own: number; readonly usual: number } | undefined {
    if (nowMs - stream.openedMs < LONE_WINDOW_MS + 2 * this.#setupMs) return undefined;
    if ((this.#pastRate * LONE_WINDOW_MS) / 1_000 < TELLING_BYTES) return undefined;
    return { own: this.#rateOf(stream, LONE_WINDOW_MS, nowMs) ?? 0, usual: this.#pastRate };
  }

  #remember(streams: readonly Racer[], nowMs: number): void {
    for (const stream of streams) {
      const rate = this.#rateOf(stream, WINDOWS_MS[0], nowMs) ?? 0;
      const weight = rate > this.#pastRate ? RISE : FALL;
      if (nowMs - stream.openedMs >= WINDOWS_MS[0]) this.#pastRate += (rate - this.#pastRate) * weight;
    }
  }

  /** The median rate of the streams but one, of those that ended lately too, in bytes per second. */
  #usualRate(
    streams: readonly Racer[],
    but: Racer | undefined,
    windowMs: number,
    nowMs: number,
  ): number | undefined {
    const rates: number[] = [];
    for (const stream of streams) {
      const rate = stream === but ? undefined : this.#rateOf(stream, windowMs, nowMs);
      if (rate !== undefined) rates.push(rate);
    }
    const enough = rates.length > 0 && but !== undefined ? windowMs : RECENT_MS;
    for (const { ms, rate } of this.#recent) if (nowMs - ms <= enough) rates.push(rate);
    if (rates.length === 0) return undefined;
    rates.sort((a, b) => a - b);
    // Of two in the middle the lower one when a stream is to be condemned by it, else the higher.
    const median = rates[(rates.length - (but === undefined ? 0 : 1)) >> 1]!;
    return median > 0 ? median : undefined;
  }

  /** What a stream brought of late, in bytes per second; undefined while it is young. */
  #rateOf(stream: Racer, windowMs: number, nowMs: number): number | undefined {
    const marks = this.#tracks.get(stream.id)?.marks;
    if (!marks || nowMs - stream.openedMs < YOUNG_MS) return undefined;
    const from = marks.findLast(({ ms }) => ms <= nowMs - windowMs) ?? marks[0]!;
    return nowMs > from.ms ? ((stream.position - from.position) / (nowMs - from.ms)) * 1_000 : undefined;
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
