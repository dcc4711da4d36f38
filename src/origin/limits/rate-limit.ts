/** The clock of a limiter; tests pass their own. */
export interface LimiterClock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls `run` once after `delayMs`. Returns a function that calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

const systemClock: LimiterClock = {
  now: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface RateLimiterOptions {
  /** Credit that may be saved up while nothing is taken, in milliseconds of the rate. Default 100. */
  readonly burstMs?: number;
  readonly clock?: LimiterClock;
}

interface Waiter {
  /** It may go on once this many bytes have been credited in all. */
  readonly creditBytes: number;
  readonly resolve: () => void;
}

/**
 * A token bucket that all connections of a process share. Bytes are taken after they have arrived: a transfer that took
 * more than the credit waits until the debt is paid, in order of arrival, so the long-run rate is met for any chunk
 * size.
 */
export class RateLimiter {
  readonly #clock: LimiterClock;
  readonly #burstMs: number;
  #bytesPerSecond: number | undefined;
  /** Bytes credited and taken since the start; their difference is the balance, negative while in debt. */
  #creditedBytes = 0;
  #takenBytes = 0;
  #settledMs: number;
  readonly #waiters: Waiter[] = [];
  #cancelTimer: (() => void) | undefined;

  /** `bytesPerSecond` undefined: no limit for now. Throws `RangeError` on a rate that is not above 0. */
  constructor(bytesPerSecond: number | undefined, options: RateLimiterOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#burstMs = options.burstMs ?? 100;
    this.#settledMs = this.#clock.now();
    this.#bytesPerSecond = checkedRate(bytesPerSecond);
  }

  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond;
  }

  /** Changes the rate at once, also for transfers that wait. `undefined` lets all of them go on. */
  setRate(bytesPerSecond: number | undefined): void {
    this.#settle();
    this.#bytesPerSecond = checkedRate(bytesPerSecond);
    if (this.#bytesPerSecond === undefined) this.#creditedBytes = this.#takenBytes;
    this.#release();
  }

  /** See `Meter`. */
  take(bytes: number, signal?: AbortSignal): Promise<void> | undefined {
    if (this.#bytesPerSecond === undefined) return undefined;
    this.#settle();
    this.#takenBytes += bytes;
    if (this.#creditedBytes >= this.#takenBytes || signal?.aborted === true) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { creditBytes: this.#takenBytes, resolve };
    this.#waiters.push(waiter);
    if (this.#waiters.length === 1) this.#release();
    if (signal === undefined) return promise;
    const leave = () => this.#leave(waiter);
    signal.addEventListener('abort', leave, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', leave));
  }

  /** Ends the waiting of a transfer. The others pay its debt. */
  #leave(waiter: Waiter): void {
    const place = this.#waiters.indexOf(waiter);
    if (place === -1) return;
    this.#waiters.splice(place, 1);
    waiter.resolve();
    this.#release();
  }

  /** Credits the time since the last call, up to the burst. */
  #settle(): void {
    const nowMs = this.#clock.now();
    const rate = this.#bytesPerSecond;
    if (rate !== undefined) {
      const credited = this.#creditedBytes + ((nowMs - this.#settledMs) * rate) / 1000;
      this.#creditedBytes = Math.min(credited, this.#takenBytes + (this.#burstMs * rate) / 1000);
    }
    this.#settledMs = nowMs;
  }

  /** Lets transfers go on whose debt is paid, and sets the timer for the next one. */
  #release(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#settle();
    for (let first = this.#waiters[0]; first !== undefined; first = this.#waiters[0]) {
      const rate = this.#bytesPerSecond;
      const debtBytes = first.creditBytes - this.#creditedBytes;
      // Half a byte of slack: the sums are floating-point.
      if (rate !== undefined && debtBytes > 0.5) {
        const delayMs = Math.min(Math.ceil((debtBytes * 1000) / rate), 60_000);
        this.#cancelTimer = this.#clock.after(delayMs, () => this.#release());
        return;
      }
      this.#waiters.shift();
      first.resolve();
    }
  }
}

function checkedRate(bytesPerSecond: number | undefined): number | undefined {
  if (bytesPerSecond !== undefined && !(bytesPerSecond > 0))
    throw new RangeError('A rate limit is above 0 bytes a second.');
  return bytesPerSecond === Number.POSITIVE_INFINITY ? undefined : bytesPerSecond;
}
