import { type SlowStream, SlowStreamWatch } from '../../core/fetching/hedging.ts';
import type { Racer } from '../../core/fetching/stream-pace.ts';

const STEP_MS = 20;
const SETUP_MS = 60;

export interface Runner extends Racer {
  position: number;
  /** In bytes per second, from its first byte on. */
  rate: number;
}

/** Streams that run at given rates under the eyes of a `Hedging`. They are told of every 20 ms. */
export class Track {
  readonly hedging: SlowStreamWatch;
  readonly runners = new Map<number, Runner>();
  nowMs = 0;
  #ids = 0;

  constructor(hedging = new SlowStreamWatch()) {
    this.hedging = hedging;
  }

  /** A stream of so many bytes, 1 GB unless told otherwise; its first ones come after 60 ms. */
  open(rate: number, bytes = 1e9, start = 0): Runner {
    const at = { start, end: start + bytes, position: start };
    const runner = { id: this.#ids++, ...at, openedMs: this.nowMs, stopping: false, rate };
    this.runners.set(runner.id, runner);
    this.hedging.pace.opened(runner);
    return runner;
  }

  close(runner: Runner): void {
    this.runners.delete(runner.id);
    this.hedging.pace.ended(runner, this.nowMs);
  }

  /** Returns whom it was told to ask again for, each once, and when. `stops`: those are closed. */
  run(forMs: number, stops = false): readonly (SlowStream & { readonly atMs: number })[] {
    const found = new Map<number, SlowStream & { readonly atMs: number }>();
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; ) {
      this.nowMs += STEP_MS;
      for (const runner of this.runners.values()) this.#move(runner);
      for (const crawler of this.hedging.look(this.runners.values(), this.nowMs)) {
        if (!found.has(crawler.id)) found.set(crawler.id, { ...crawler, atMs: this.nowMs });
        if (stops) this.close(this.runners.get(crawler.id)!);
      }
    }
    return [...found.values()];
  }

  #move(runner: Runner): void {
    const movedMs = Math.min(STEP_MS, this.nowMs - runner.openedMs - SETUP_MS);
    if (movedMs <= 0 || runner.rate === 0) return;
    runner.position = Math.min(runner.end, runner.position + (runner.rate * movedMs) / 1_000);
    this.hedging.pace.moved(runner, this.nowMs);
  }
}
