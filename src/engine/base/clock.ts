/** The time, and somebody to call back later: handed in where a test must not wait. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls back once, after at least so many milliseconds. Returns what takes that back. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The clock of this process. Its timers keep the process alive. */
export const PROCESS_CLOCK: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
