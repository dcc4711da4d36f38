import type { EngineState } from './state.ts';
import { StateChanges } from './state-changes.ts';

/** The time, for the store: replaced in tests. */
export interface StoreClock {
  /** Milliseconds from any start; never goes back. */
  now(): number;
  /** Calls back once after so many milliseconds, without keeping the process alive. Returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

export interface StateStoreOptions {
  /** Everything as it is now. What has not changed should be the same object as before: see `isSame`. */
  readonly draw: () => Omit<EngineState, 'version'>;
  /** Whether two pictures say the same: then no new version is made. */
  readonly isSame: (a: Omit<EngineState, 'version'>, b: Omit<EngineState, 'version'>) => boolean;
  /** Whether figures change by themselves, so that subscribers want to look again soon. */
  readonly isMoving: (state: EngineState) => boolean;
  /** A listener threw or rejected. Told once for each. */
  readonly onListenerError?: (thrown: unknown) => void;
  readonly clock?: StoreClock;
}

export type StateListener = (state: EngineState) => unknown;

export interface SubscribeOptions {
  /** A listener hears at most once in so many milliseconds. Default 100. */
  readonly everyMs?: number;
  /** Aborting ends the subscription. */
  readonly signal?: AbortSignal;
}

interface Subscriber {
  readonly listener: StateListener;
  readonly everyMs: number;
  /** The version that it has heard of; -1 before its first call. */
  seen: number;
  lastMs: number;
  /** Its last call returned a promise that is still open. */
  isBusy: boolean;
  hasThrown: boolean;
  cancel: (() => void) | undefined;
}

const DEFAULT_EVERY_MS = 100;

/**
 * Holds the latest state of the engine and tells subscribers of it. The state is drawn when somebody looks, so that an
 * engine without a face draws nothing. Each subscriber hears the full picture first and from then on the latest one, no
 * more often than it wants: whoever is slow misses pictures in between, and nothing is queued. A listener that returns a
 * promise is not called again before that has settled.
 */
export class StateStore implements Disposable {
  readonly #options: StateStoreOptions;
  readonly #clock: StoreClock;
  readonly #subscribers = new Set<Subscriber>();
  readonly #closing = new AbortController();
  #state: EngineState | undefined;

  constructor(options: StateStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Everything as it is now. */
  get state(): EngineState {
    const drawn = this.#options.draw();
    if (this.#state === undefined || !this.#options.isSame(this.#state, drawn))
      this.#state = { ...drawn, version: (this.#state?.version ?? 0) + 1 };
    return this.#state;
  }

  /** Something may have changed. Cheap where nobody listens: may be called as often as anything happens. */
  touch(): void {
    for (const subscriber of this.#subscribers) this.#plan(subscriber);
  }

  /** Calls `listener` with the whole state soon, then with each later one that it has time for. Returns what ends that. */
  subscribe(listener: StateListener, options: SubscribeOptions = {}): () => void {
    const { everyMs = DEFAULT_EVERY_MS, signal } = options;
    if (signal?.aborted || this.#closing.signal.aborted) return () => {};
    const subscriber: Subscriber = {
      listener,
      everyMs: Math.max(0, everyMs),
      seen: -1,
      lastMs: Number.NEGATIVE_INFINITY,
      isBusy: false,
      hasThrown: false,
      cancel: undefined,
    };
    this.#subscribers.add(subscriber);
    const end = (): void => {
      signal?.removeEventListener('abort', end);
      subscriber.cancel?.();
      this.#subscribers.delete(subscriber);
    };
    signal?.addEventListener('abort', end, { once: true });
    this.#plan(subscriber);
    return end;
  }

  /** The states as they come, the latest one at a time. Ends with `signal`, and when the store is disposed of. */
  changes(options: SubscribeOptions = {}): AsyncIterableIterator<EngineState> {
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    return new StateChanges((listener, until) => {
      this.subscribe(listener, { ...options, signal: until });
    }, signal);
  }

  /** Tells nobody anything any more. */
  [Symbol.dispose](): void {
    this.#closing.abort();
    for (const { cancel } of this.#subscribers) cancel?.();
    this.#subscribers.clear();
  }

  /** Lets a subscriber hear as soon as it may. */
  #plan(subscriber: Subscriber): void {
    if (subscriber.cancel !== undefined || subscriber.isBusy || !this.#subscribers.has(subscriber)) return;
    const waitMs = Math.max(0, subscriber.lastMs + subscriber.everyMs - this.#clock.now());
    subscriber.cancel = this.#clock.after(waitMs, () => {
      subscriber.cancel = undefined;
      this.#tell(subscriber);
    });
  }

  #tell(subscriber: Subscriber): void {
    const state = this.state;
    subscriber.lastMs = this.#clock.now();
    if (state.version !== subscriber.seen) {
      subscriber.seen = state.version;
      this.#call(subscriber, state);
    }
    if (this.#options.isMoving(state)) this.#plan(subscriber);
  }

  #call(subscriber: Subscriber, state: EngineState): void {
    const failed = (thrown: unknown): void => {
      if (!subscriber.hasThrown) this.#options.onListenerError?.(thrown);
      subscriber.hasThrown = true;
    };
    try {
      const returned = subscriber.listener(state);
      if (!(returned instanceof Promise)) return;
      subscriber.isBusy = true;
      void returned.catch(failed).finally(() => {
        subscriber.isBusy = false;
        this.#plan(subscriber);
      });
    } catch (thrown) {
      failed(thrown);
    }
  }
}

/** The clock of this process. */
export const SYSTEM_CLOCK: StoreClock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
