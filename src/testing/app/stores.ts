import { NO_HISTORY } from '../../app/rate-history.ts';
import type { EngineState } from '../../app/state.ts';
import { type StateListener, StateStore } from '../../app/state-store.ts';
import { ManualClock } from './manual-clock.ts';

export type Picture = Omit<EngineState, 'version'>;

/** An engine whose number of finished downloads is all that changes, and its store on a clock of its own. */
export function world(options: { readonly isMoving?: boolean } = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  let done = 0;
  let drawn = 0;
  const draw = (): Picture => {
    drawn++;
    return {
      downloads: [],
      rooms: [],
      queue: {
        waiting: 0,
        running: 0,
        paused: 0,
        done,
        failed: 0,
        opensAtMs: undefined,
        isQuotaSpent: false,
        heldBytes: 0,
        sizeBytes: 0,
      },
      history: NO_HISTORY,
      settings: { limitRate: undefined, concurrent: 5 },
      notices: [],
    };
  };
  const store = new StateStore({
    draw,
    isSame: (a, b) => a.queue.done === b.queue.done,
    isMoving: () => options.isMoving ?? false,
    onListenerError: (thrown) => errors.push(thrown),
    clock,
  });
  return {
    clock,
    store,
    errors,
    get drawn() {
      return drawn;
    },
    /** One more download is done. */
    change(): void {
      done++;
      store.touch();
    },
  };
}

/** A listener that remembers how many downloads were done each time it was called. */
export function recorder(): { readonly heard: number[]; readonly listener: StateListener } {
  const heard: number[] = [];
  return { heard, listener: (state) => void heard.push(state.queue.done) };
}

/** Lets what waits for settled promises go on. */
export const settled = () => new Promise(setImmediate);
