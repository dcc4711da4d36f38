/** A measurement needs both this long and this many bytes. */
const WINDOW_MS = 400;
const WINDOW_BYTES = 2 * 1024 * 1024;
/** Where bytes come slowly, this long and this many for each connection will do: they are told of in steps. */
const SLOW_WINDOW_MS = 500;
const SLOW_WINDOW_BYTES = 384 * 1024;
/** What comes first after a change: connections are still being set up and TCP is finding its pace. */
const WARM_UP_MS = 200;
const WARM_UP_MAX_MS = 1_000;
/** The first connection has this long to bring enough for a measurement; then a second one is opened all the same. */
const FIRST_PATIENCE_MS = 800;
/** Doubling the connections has paid when the rate rose by this factor. */
const WORTHWHILE_GAIN = 1.12;
/** Having settled, this long until more connections are tried again. */
const REPROBE_MS = 60_000;
/** What was settled so shortly before a connection was found to crawl was settled because of it. */
const DOUBTFUL_MS = 3_000;
/** Pauses after broken connections and after refusals, without jitter. */
const BROKEN_FIRST_MS = 250;
const BROKEN_MAX_MS = 30_000;
const REFUSED_FIRST_MS = 1_000;
const REFUSED_MAX_MS = 60_000;
/** No origin makes us wait longer, whatever its Retry-After says. */
const RETRY_AFTER_MAX_MS = 300_000;

interface Window {
  fromMs: number;
  /** Total at the end of the warm-up. */
  baseMs: number | undefined;
  baseBytes: number;
  /** While one connection more is open than wanted: since when, and the total then. What comes meanwhile does not count. */
  overlap: { readonly fromMs: number; readonly bytes: number } | undefined;
}

/**
 * How many connections a member opens to one origin, and when.
 *
 * The count starts at one (or where it proved right earlier) and doubles only while doubling pays: each count is measured in a window of its own, and
 * when the last doubling gained less than 12 % the count falls back to the one before and stays there, with one more
 * try a minute at most. On a link that one connection fills this costs one additional connection for half a second.
 * A refused connection lowers the ceiling; broken ones are tried again after growing pauses.
 */
export class ConnectionGovernor {
  readonly #max: number;
  readonly #random: () => number;
  #cap: number;
  #count: number;
  /** What was measured before the last doubling; undefined while there is nothing to compare with. */
  #before: { readonly count: number; readonly rate: number } | undefined;
  #settledMs: number | undefined;
  /** How many there were when it settled. */
  #triedCount = 1;
  /** Since when the first connection has been open, as long as nothing has been measured. */
  #firstMs: number | undefined;
  #firstBytes = 0;
  #window: Window | undefined;
  #active = 0;
  #warmUpMs = WARM_UP_MS;
  #bytes = 0;
  #brokenInRow = 0;
  #refusedInRow = 0;
  /** Refusals since bytes came at all. */
  #refusedSinceBytes = 0;
  #retryAtMs: number | undefined;
  #pausedUntilMs: number | undefined;

  /**
   * `max`: at most this many connections, at least 1. `random`: uniform in [0, 1), spreads retries of many members.
   * `first`: how many to begin with.
   */
  constructor(max: number, random: () => number = () => 0.5, first = 1) {
    this.#max = Math.max(1, Math.floor(max));
    this.#cap = this.#max;
    this.#count = Math.max(1, Math.min(Math.floor(first), this.#max));
    this.#random = random;
  }

  /** How many connections there should be. Those beyond are let run out, not cut off. */
  target(_nowMs: number): number {
    return Math.min(this.#count, this.#cap);
  }

  /**
   * Bytes have arrived: `totalBytes` on all connections since the beginning, `activeStreams` connections open or
   * being opened. Forgives broken connections. `setupMs`: how long a connection takes to its first byte.
   */
  progress(totalBytes: number, activeStreams: number, nowMs: number, setupMs = 0): void {
    if (totalBytes > this.#bytes) {
      this.#brokenInRow = 0;
      this.#refusedSinceBytes = 0;
      this.#retryAtMs = undefined;
      if (this.#pausedUntilMs === undefined || nowMs >= this.#pausedUntilMs) this.#refusedInRow = 0;
    }
    this.#bytes = totalBytes;
    this.#active = activeStreams;
    this.#warmUpMs = Math.min(WARM_UP_MAX_MS, Math.max(WARM_UP_MS, 1.5 * setupMs));
    this.#measure(nowMs);
  }

  /**
   * Time passes with so many connections open. A first one that brings hardly anything may be slow where others would not
   * be: whether it is the link that is slow, only a second one can tell.
   */
  waited(activeStreams: number, nowMs: number, setupMs = 0): void {
    const isFirst = this.#count === 1 && this.#cap > 1 && this.#settledMs === undefined;
    // The next stream may overlap the first one's end.
    if (activeStreams === 0 || !isFirst) {
      this.#firstMs = undefined;
      return;
    }
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs;
      this.#firstBytes = this.#bytes;
    }
    const spanMs = nowMs - this.#firstMs;
    if (spanMs < FIRST_PATIENCE_MS + 1.5 * setupMs) return;
    this.#firstMs = undefined;
    this.#judge(((this.#bytes - this.#firstBytes) / spanMs) * 1_000, nowMs);
  }

  /**
   * The origin refused a connection (429, 503, reset on connect). `retryAfterMs`: what it asked for, if it did.
   * `others`: connections that are at work all the same.
   */
  refused(nowMs: number, retryAfterMs?: number | undefined, others = this.#active - 1): void {
    this.#active = others;
    this.#cap = Math.max(1, Math.min(this.#cap, others));
    if (this.#count > this.#cap) this.#settle(this.#cap, nowMs);
    this.#refusedSinceBytes += 1;
    let pauseMs = 0;
    // With other connections at work the lower ceiling is answer enough. Those that are refused in turn are not at work.
    const nobodyWorks = others < 1 || this.#refusedSinceBytes > this.#max;
    if (nobodyWorks && !this.#isPaused(nowMs)) {
      pauseMs = this.#jittered(REFUSED_FIRST_MS, REFUSED_MAX_MS, this.#refusedInRow);
      this.#refusedInRow += 1;
    }
    if (retryAfterMs !== undefined && retryAfterMs > 0) {
      pauseMs = Math.max(pauseMs, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
    }
    if (pauseMs > 0) this.#pausedUntilMs = Math.max(this.#pausedUntilMs ?? 0, nowMs + pauseMs);
  }

  /** A connection broke off or could not be made. Several that break together count as one: returns whether this one counts. */
  broken(nowMs: number): boolean {
    this.#window = undefined;
    if (this.#retryAtMs !== undefined && nowMs < this.#retryAtMs) return false;
    this.#retryAtMs = nowMs + this.#jittered(BROKEN_FIRST_MS, BROKEN_MAX_MS, this.#brokenInRow);
    this.#brokenInRow += 1;
    return true;
  }

  /** A connection was found to crawl: what was measured while it did says nothing about the others. */
  crawled(nowMs: number): void {
    this.#before = undefined;
    if (this.#settledMs === undefined || nowMs - this.#settledMs >= DOUBTFUL_MS) return;
    this.#settledMs = undefined;
    this.#count = Math.max(this.#count, Math.min(this.#triedCount, this.#cap));
  }

  /** What failed proves nothing any more: all pauses are over. The count stays. */
  forgive(): void {
    this.#brokenInRow = 0;
    this.#refusedInRow = 0;
    this.#retryAtMs = undefined;
    this.#pausedUntilMs = undefined;
    this.#window = undefined;
  }

  /** False while a pause is being kept. Says nothing about the count: compare that with `target`. */
  mayOpen(nowMs: number): boolean {
    return nowMs >= (this.nextAttemptMs() ?? nowMs);
  }

  /** When the latest pause ends, which may be in the past; undefined if there is none. */
  nextAttemptMs(): number | undefined {
    if (this.#retryAtMs === undefined) return this.#pausedUntilMs;
    return Math.max(this.#retryAtMs, this.#pausedUntilMs ?? 0);
  }

  #isPaused(nowMs: number): boolean {
    return this.#pausedUntilMs !== undefined && nowMs < this.#pausedUntilMs;
  }

  /** Between half of `first * 2^times` (at most `max`) and all of it. */
  #jittered(firstMs: number, maxMs: number, times: number): number {
    return Math.min(maxMs, firstMs * 2 ** Math.min(times, 20)) * (0.5 + this.#random() / 2);
  }

  #measure(nowMs: number): void {
    // A rate means something only while exactly the wanted number of connections is at work.
    if (this.#active < this.target(nowMs)) {
      this.#window = undefined;
      return;
    }
    if (this.#active > this.target(nowMs)) {
      // Streams overlap for a moment when one is about to end: too often for a window between two such moments.
      if (this.#window !== undefined) this.#window.overlap ??= { fromMs: nowMs, bytes: this.#bytes };
      return;
    }
    this.#window ??= newWindow(nowMs, undefined, 0);
    const window = this.#window;
    if (window.overlap !== undefined) {
      const overlapMs = nowMs - window.overlap.fromMs;
      window.fromMs += overlapMs;
      if (window.baseMs !== undefined) window.baseMs += overlapMs;
      window.baseBytes += this.#bytes - window.overlap.bytes;
      window.overlap = undefined;
    }
    if (window.baseMs === undefined) {
      if (nowMs - window.fromMs < this.#warmUpMs) return;
      window.baseMs = nowMs;
      window.baseBytes = this.#bytes;
      return;
    }
    const spanMs = nowMs - window.baseMs;
    const bytes = this.#bytes - window.baseBytes;
    const isSlow = spanMs >= SLOW_WINDOW_MS && bytes >= SLOW_WINDOW_BYTES * this.#active;
    if (!isSlow && (spanMs < WINDOW_MS || bytes < WINDOW_BYTES)) return;
    this.#window = newWindow(nowMs, nowMs, this.#bytes);
    this.#judge((bytes / spanMs) * 1_000, nowMs);
  }

  #judge(rate: number, nowMs: number): void {
    if (this.#settledMs !== undefined) {
      if (nowMs - this.#settledMs < REPROBE_MS) return;
      // The origin may have relented, too.
      this.#cap = Math.min(this.#max, this.#cap + 1);
    } else if (this.#before !== undefined && rate < this.#before.rate * WORTHWHILE_GAIN) {
      this.#settle(this.#before.count, nowMs);
      return;
    }
    if (this.#count >= this.#cap) {
      this.#settle(this.#cap, nowMs);
      return;
    }
    this.#before = { count: this.#count, rate };
    this.#count = Math.min(this.#count * 2, this.#cap);
    this.#settledMs = undefined;
    this.#window = undefined;
  }

  #settle(count: number, nowMs: number): void {
    this.#triedCount = this.#count;
    this.#count = count;
    this.#before = undefined;
    this.#settledMs = nowMs;
    this.#window = undefined;
  }
}

function newWindow(fromMs: number, baseMs: number | undefined, baseBytes: number): Window {
  return { fromMs, baseMs, baseBytes, overlap: undefined };
}
