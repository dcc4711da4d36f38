import type { EngineState } from './state.ts';

type Subscribe = (listener: (state: EngineState) => void, until: AbortSignal) => void;

/**
 * The states of an engine one after the other. Only the latest that has not been read is kept, so that a reader that
 * never comes back costs no more than that. Subscribes with the first read; ends with `return`, or when `signal` aborts.
 */
export class StateChanges implements AsyncIterableIterator<EngineState> {
  readonly #subscribe: Subscribe;
  readonly #ending = new AbortController();
  #isSubscribed = false;
  #latest: EngineState | undefined;
  /** Reads that wait for a state, in order. */
  readonly #reads: ((result: IteratorResult<EngineState, undefined>) => void)[] = [];

  constructor(subscribe: Subscribe, signal: AbortSignal) {
    this.#subscribe = subscribe;
    if (signal.aborted) this.#end();
    else signal.addEventListener('abort', () => this.#end(), { once: true, signal: this.#ending.signal });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<EngineState, undefined>> {
    if (this.#ending.signal.aborted) return Promise.resolve(DONE);
    const latest = this.#latest;
    if (latest !== undefined) {
      this.#latest = undefined;
      return Promise.resolve({ done: false, value: latest });
    }
    const { promise, resolve } = Promise.withResolvers<IteratorResult<EngineState, undefined>>();
    this.#reads.push(resolve);
    if (!this.#isSubscribed) {
      this.#isSubscribed = true;
      this.#subscribe((state) => this.#take(state), this.#ending.signal);
    }
    return promise;
  }

  return(): Promise<IteratorResult<EngineState, undefined>> {
    this.#end();
    return Promise.resolve(DONE);
  }

  #take(state: EngineState): void {
    const read = this.#reads.shift();
    if (read === undefined) this.#latest = state;
    else read({ done: false, value: state });
  }

  #end(): void {
    this.#ending.abort();
    this.#latest = undefined;
    for (const read of this.#reads.splice(0)) read(DONE);
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
