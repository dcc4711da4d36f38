/** Marks are kept for this long; nothing is asked about a longer time. */
export const LONGEST_WINDOW_MS = 6_000;
/** Bytes are told of in steps: with fewer than these in a time its rate is an accident. */
const TELLING_BYTES = 512 * 1024;
/** The rate of a stream is known so long after its first bytes; before, it is taken for a usual one. */
const YOUNG_MS = 300;
/** A first byte is overdue after so many times what it usually takes, and this much more. */
const OVERDUE_SETUPS = 2;
const OVERDUE_MS = 250;
/** What ended streams brought tells of the present for this long. */
const RECENT_MS = 5_000;
const MAX_RECENT = 32;
/** The rate of a stream that ended sooner than this after its first bytes is an accident. */
const SHORTEST_MS = 100;
/** How long it takes until what is usual has risen, or has sunk, by two thirds of the way. */
const RISE_MS = 1_000;
const FALL_MS = 16_000;
/** How long the first byte takes, until that has been seen. */
const FIRST_SETUP_MS = 150;
/** One that takes longer than so many times the usual, and this much more, counts as that: it may crawl. */
const MAX_SETUPS = 2;
const MAX_SETUP_MORE_MS = 100;

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

interface Mark {
  readonly ms: number;
  readonly position: number;
}

interface Track {
  /** The first one is of the opening until the first bytes are there, and of those from then on. */
  marks: Mark[];
  begunMs: number | undefined;
}

/** How fast the streams at one origin are: each of them, and what is usual. Rates in bytes per second. */
export class StreamPace {
  readonly #tracks = new Map<number, Track>();
  #recent: { readonly ms: number; readonly rate: number }[] = [];
  #pastRate = 0;
  #rememberedMs = 0;
  #setupMs = FIRST_SETUP_MS;

  /** How long it takes from a request to its first bytes. */
  get setupMs(): number {
    return this.#setupMs;
  }

  /** What a stream brings when nothing is wrong, as far as that is known: rises fast and sinks slowly. */
  get pastRate(): number {
    return this.#pastRate;
  }

  opened({ id, openedMs, position }: Racer): void {
    this.#tracks.set(id, { marks: [{ ms: openedMs, position }], begunMs: undefined });
  }

  /** Bytes of a stream are there. */
  moved({ id, openedMs, position }: Racer, nowMs: number): void {
    const track = this.#tracks.get(id);
    if (!track || track.begunMs !== undefined) return;
    track.begunMs = nowMs;
    // What the first bytes took says nothing about those that follow.
    track.marks = [{ ms: nowMs, position }];
    const tookMs = Math.min(MAX_SETUPS * this.#setupMs + MAX_SETUP_MORE_MS, nowMs - openedMs);
    this.#setupMs += (tookMs - this.#setupMs) / 4;
  }

  ended(stream: Racer, nowMs: number): void {
    const track = this.#tracks.get(stream.id);
    this.#tracks.delete(stream.id);
    const rate = track && meanRate(track, stream, nowMs);
    if (rate === undefined) return;
    this.#recent.push({ ms: nowMs, rate });
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }

  /** Notes where the streams are. */
  mark(streams: Iterable<Racer>, nowMs: number): void {
    for (const { id, position } of streams) {
      const marks = this.#tracks.get(id)?.marks;
      if (!marks) continue;
      if (marks.at(-1)!.ms < nowMs) marks.push({ ms: nowMs, position });
      while (marks.length > 2 && marks[1]!.ms <= nowMs - LONGEST_WINDOW_MS) marks.shift();
    }
  }

  /** Nothing is wrong now: what the streams bring is what is usual. */
  remember(streams: Iterable<Racer>, windowsMs: readonly number[], nowMs: number): void {
    const spanMs = nowMs - this.#rememberedMs;
    this.#rememberedMs = nowMs;
    for (const stream of streams) {
      const rates = windowsMs.map((ms) => ({ ms, rate: this.rateOf(stream, ms, nowMs) ?? 0 }));
      const rate = rates.find((known) => (known.rate * known.ms) / 1_000 >= TELLING_BYTES)?.rate;
      if (rate === undefined) continue;
      const weight =
        this.#pastRate === 0 ? 1 : 1 - Math.exp(-spanMs / (rate > this.#pastRate ? RISE_MS : FALL_MS));
      this.#pastRate += (rate - this.#pastRate) * weight;
    }
  }

  /** Whether the first bytes of a stream are there. */
  hasBegun({ id }: Racer): boolean {
    return this.#tracks.get(id)?.begunMs !== undefined;
  }

  /** What a stream brought in a time; undefined while it is young. 0 when its first bytes are overdue. */
  rateOf({ id, openedMs, position }: Racer, windowMs: number, nowMs: number): number | undefined {
    const track = this.#tracks.get(id);
    if (!track) return undefined;
    if (track.begunMs === undefined) {
      return nowMs - openedMs > OVERDUE_SETUPS * this.#setupMs + OVERDUE_MS ? 0 : undefined;
    }
    if (nowMs - track.begunMs < YOUNG_MS) return undefined;
    const from = track.marks.findLast(({ ms }) => ms <= nowMs - windowMs) ?? track.marks[0]!;
    return nowMs > from.ms ? ((position - from.position) / (nowMs - from.ms)) * 1_000 : undefined;
  }

  /**
   * The median rate of the streams, of those that ended lately too; undefined while nothing is known. `but`: a stream
   * that is to be condemned by it; it does not count, and neither does what ended before the time in question.
   */
  usualRate(
    streams: Iterable<Racer>,
    but: Racer | undefined,
    windowMs: number,
    nowMs: number,
  ): number | undefined {
    const rates: number[] = [];
    for (const stream of streams) {
      const rate = stream === but ? undefined : this.rateOf(stream, windowMs, nowMs);
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
}

function meanRate({ marks, begunMs }: Track, stream: Racer, nowMs: number): number | undefined {
  if (begunMs === undefined || nowMs - begunMs < SHORTEST_MS) return undefined;
  const first = marks[0]!;
  return ((stream.position - first.position) / (nowMs - first.ms)) * 1_000;
}
