/** Below this span a rate would be an accident of how bytes were batched. */
const MIN_SPAN_MS = 50;

/**
 * How fast bytes come in: an exponentially weighted mean over about `timeConstantMs`. The weight of the time before
 * the first `add` is taken out, so that the rate is right from the start and does not creep up from zero; when nothing
 * arrives it decays. Call `add(0, nowMs)` when a transfer begins; without that, the clock starts with the first bytes
 * and these do not count, since nobody knows how long they took.
 */
export class RateMeter {
  readonly #timeConstantMs: number;
  /** Sum of bytes, each weighted by e^(-age / time constant). */
  #weighted = 0;
  /** Integral of the same weight over the time measured; approaches the time constant. */
  #spanMs = 0;
  #lastMs: number | undefined;
  #paused = false;

  constructor(timeConstantMs = 3_000) {
    this.#timeConstantMs = timeConstantMs;
  }

  /** Counts `bytes` that have arrived by `nowMs`. Ends a pause. */
  add(bytes: number, nowMs: number): void {
    const first = this.#lastMs === undefined;
    this.resume(nowMs);
    this.#advance(nowMs);
    if (!first && bytes > 0) this.#weighted += bytes;
  }

  /** Stops the clock: there is nothing to fetch, and the rate must not sink for that. */
  pause(nowMs: number): void {
    this.#advance(nowMs);
    this.#paused = true;
  }

  /** Lets the clock go on after a `pause`. */
  resume(nowMs: number): void {
    if (this.#paused || this.#lastMs === undefined) this.#lastMs = nowMs;
    this.#paused = false;
  }

  /** The rate at `nowMs`; 0 while too little is known (less than 50 ms measured). */
  bytesPerSecond(nowMs: number): number {
    this.#advance(nowMs);
    return this.#spanMs < MIN_SPAN_MS * 0.99 ? 0 : (this.#weighted / this.#spanMs) * 1_000;
  }

  #advance(nowMs: number): void {
    if (this.#paused || this.#lastMs === undefined || nowMs <= this.#lastMs) return;
    const decay = Math.exp((this.#lastMs - nowMs) / this.#timeConstantMs);
    this.#weighted *= decay;
    this.#spanMs = this.#spanMs * decay + this.#timeConstantMs * (1 - decay);
    this.#lastMs = nowMs;
  }
}
