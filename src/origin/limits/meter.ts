/** Counts the bytes that arrive from origins, and may pause a transfer. */
export interface Meter {
  /** The rate that it will let through at present, in bytes per second; undefined: any. */
  readonly bytesPerSecond: number | undefined;
  /**
   * Counts bytes that have arrived. A promise means: do not read on before it resolves. It resolves at once when the
   * signal is aborted, since a stopped transfer reads no more; the bytes stay counted, since they have arrived.
   */
  take(bytes: number, signal?: AbortSignal): Promise<void> | undefined;
}

/** Several meters as one: bytes pass when all of them let them pass. */
export function chain(meters: readonly Meter[]): Meter {
  const [only, ...others] = meters;
  if (only !== undefined && others.length === 0) return only;
  return {
    get bytesPerSecond() {
      const rates = meters.map((meter) => meter.bytesPerSecond).filter((rate) => rate !== undefined);
      return rates.length > 0 ? Math.min(...rates) : undefined;
    },
    take(bytes, signal) {
      const waits = meters.map((meter) => meter.take(bytes, signal)).filter((wait) => wait !== undefined);
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
    },
  };
}

/** Counts bytes down and calls `onSpent` once when none are left. Bytes that are on their way may still arrive. */
export class Quota implements Meter {
  readonly bytesPerSecond = undefined;
  readonly #onSpent: () => void;
  #leftBytes: number;

  /** Throws `RangeError` unless `bytes` is above 0. */
  constructor(bytes: number, onSpent: () => void) {
    if (!(bytes > 0)) throw new RangeError('A quota is above 0 bytes.');
    this.#leftBytes = bytes;
    this.#onSpent = onSpent;
  }

  /** Never below 0. */
  get leftBytes(): number {
    return Math.max(0, this.#leftBytes);
  }

  take(bytes: number): Promise<void> | undefined {
    const wasLeft = this.#leftBytes > 0;
    this.#leftBytes -= bytes;
    // The receiver of `onSpent` ends the transfers.
    if (wasLeft && this.#leftBytes <= 0) this.#onSpent();
    return undefined;
  }
}
