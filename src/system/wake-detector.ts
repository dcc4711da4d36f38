/** One reading of all clocks, in milliseconds. */
export interface Clocks {
  /** Monotonic, from any start: CLOCK_MONOTONIC of clock_gettime(2) and its like. */
  readonly monotonicMs: number;
  /** Since the machine was started, its sleep included: CLOCK_BOOTTIME and its like; undefined where there is none. */
  readonly bootMs: number | undefined;
  /** The time of day, which users, NTP and the end of a sleep can set. */
  readonly wallMs: number;
  /** Time that this thread has used a processor. */
  readonly busyMs: number;
}

/** Differences between two clocks below this are ignored: macOS counts the time since its start in whole seconds. */
const MIN_GAP_MS = 3_000;
/** A reading that is later than this by the only clock was not just delayed by a busy processor. */
const MIN_LATE_MS = 10_000;

/**
 * Finds out from readings of the clocks, taken every `intervalMs`, whether the machine was asleep between two of them.
 *
 * Where one clock counts sleep and the other does not (Linux), their difference shows it exactly: neither a step of the
 * time of day nor a thread that was busy or stopped looks like sleep. Without such a pair the time of day takes the
 * place of the boot clock, and a step of it forward cannot be told from sleep. Where the monotonic clock goes on during
 * sleep, too (Windows, and macOS with the libuv of Node 24), a late reading shows it, less the time that the thread was
 * busy.
 */
export class WakeDetector {
  readonly #intervalMs: number;
  readonly #stopsAsleep: boolean;
  #before: Clocks;

  /** `stopsAsleep`: whether the monotonic clock is known to stand still while the machine sleeps. */
  constructor(intervalMs: number, stopsAsleep: boolean, first: Clocks) {
    this.#intervalMs = intervalMs;
    this.#stopsAsleep = stopsAsleep;
    this.#before = first;
  }

  /** For how many milliseconds the machine slept since the reading before; 0 if it did not. */
  read(now: Clocks): number {
    const before = this.#before;
    this.#before = now;
    const passedMs = now.monotonicMs - before.monotonicMs;
    const fullMs =
      now.bootMs === undefined || before.bootMs === undefined
        ? now.wallMs - before.wallMs
        : now.bootMs - before.bootMs;
    if (fullMs - passedMs >= MIN_GAP_MS) return fullMs - passedMs;
    if (this.#stopsAsleep) return 0;
    const lateMs = passedMs - this.#intervalMs - (now.busyMs - before.busyMs);
    return lateMs >= MIN_LATE_MS ? lateMs : 0;
  }
}
