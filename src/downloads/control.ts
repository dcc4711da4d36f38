import type { RateLimiter } from '../origin/limits/rate-limit.ts';
import type { ControlRequest } from '../store/download-row.ts';
import type { Store } from '../store/store.ts';

/** How often the list of downloads is asked what others want. */
const POLL_MS = 250;

/**
 * What other processes can ask of a task that runs downloads. In a room a download does not rest, and has its turn when the
 * room has come to it: there is no `resume` and no `setPriority`, and to pause it is to leave.
 */
export interface Controlled {
  pause(id: number): void;
  resume?(id: number): void;
  remove(id: number, options: { readonly keepPart: boolean }): void;
  setLimit(bytesPerSecond: number | undefined, id: number): void;
  setPriority?(id: number, priority: number): void;
  refresh(id: number, url: string): void;
}

/**
 * Carries out a request. What the task does not offer is passed over, and so is what makes no sense: the list is a file that
 * anybody may have edited.
 */
export function carryOut({ kind, download: id, value }: ControlRequest, task: Controlled): void {
  switch (kind) {
    case 'pause':
      return task.pause(id);
    case 'resume':
      return task.resume?.(id);
    case 'remove':
      return task.remove(id, { keepPart: value === 'keep' });
    case 'refresh':
      return value === undefined || !URL.canParse(value) ? undefined : task.refresh(id, value);
    case 'limit':
      return value === undefined ? undefined : task.setLimit(rateOf(value), id);
    case 'priority':
      return Number.isFinite(Number(value)) ? task.setPriority?.(id, Number(value)) : undefined;
  }
}

/** Bytes per second as a setting holds them; undefined for `none` and for whatever is no rate. */
export function rateOf(text: string | undefined): number | undefined {
  const rate = Number(text);
  return rate > 0 && Number.isFinite(rate) ? rate : undefined;
}

/**
 * Keeps a process's limiter at its share of the limit of this install, which all living processes share evenly, and at
 * its own limit if that is lower. The limit may change at any time.
 */
export class InstallLimit {
  readonly #store: Store;
  readonly #limiter: RateLimiter;
  /** The task's own limit, in bytes per second. */
  own: number | undefined;

  constructor(store: Store, limiter: RateLimiter) {
    this.#store = store;
    this.#limiter = limiter;
    this.own = limiter.bytesPerSecond;
    this.follow();
  }

  follow(): void {
    const common = rateOf(this.#store.setting('limit'));
    const share = common === undefined ? Number.POSITIVE_INFINITY : common / this.#store.liveProcesses();
    const rate = Math.min(share, this.own ?? Number.POSITIVE_INFINITY);
    const wanted = rate === Number.POSITIVE_INFINITY ? undefined : rate;
    if (this.#limiter.bytesPerSecond !== wanted) this.#limiter.setRate(wanted);
  }
}

/** Calls `look` four times a second, without keeping the process alive. What it throws is told once: it may pass. */
export class Poll implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(look: () => void, onError: (thrown: unknown) => void) {
    let isTold = false;
    this.#timer = setInterval(() => {
      try {
        look();
      } catch (thrown) {
        if (!isTold) onError(thrown);
        isTold = true;
      }
    }, POLL_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
