import { hasQueue } from './queue-summary.ts';
import type { EngineState } from './state.ts';

/** The pace is that of so many milliseconds before now, of which no more samples are kept than this. */
const WINDOW_MS = 10_000;
const MAX_SAMPLES = 100;

interface Sample {
  readonly ms: number;
  readonly bytes: number;
  readonly files: number;
}

/** How fast a queue of small files goes: they are over before any of them has a rate. */
export class Pace {
  readonly #samples: Sample[] = [];

  /** Looks at the queue. `nowMs`: by any clock that only goes forward. */
  note(state: EngineState, nowMs: number): void {
    if (!hasQueue(state)) return;
    const { heldBytes, done } = state.queue;
    this.#samples.push({ ms: nowMs, bytes: heldBytes, files: done });
    while (this.#samples.length > MAX_SAMPLES || (this.#samples[1]?.ms ?? nowMs) < nowMs - WINDOW_MS)
      this.#samples.shift();
  }

  get bytesPerSecond(): number {
    return this.#per(({ bytes }) => bytes);
  }

  get filesPerSecond(): number {
    return this.#per(({ files }) => files);
  }

  #per(pick: (sample: Sample) => number): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.ms === first.ms) return 0;
    return Math.max(0, ((pick(last) - pick(first)) / (last.ms - first.ms)) * 1000);
  }
}
