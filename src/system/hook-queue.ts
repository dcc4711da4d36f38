import { type FinishedFile, type HookOutcome, runHook } from './run-hook.ts';

/** Programs that run at once, however many files are finished. */
const AT_ONCE = 4;

/** Runs one program for each finished file, a few at a time, in the order in which the files were finished. */
export class HookQueue {
  readonly #program: string;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #open = new Set<Promise<HookOutcome>>();
  #running = 0;

  /** `program` is as in `runHook`. `signal` ends those that run; those that wait are not started. */
  constructor(program: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}) {
    this.#program = program;
    this.#signal = signal;
  }

  /** Runs the program for this file when its turn has come. Never rejects. */
  run(file: FinishedFile): Promise<HookOutcome> {
    const outcome = this.#inTurn(file);
    this.#open.add(outcome);
    void outcome.then(() => this.#open.delete(outcome));
    return outcome;
  }

  /** Waits until all calls of `run` have ended, also those that come meanwhile. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  async #inTurn(file: FinishedFile): Promise<HookOutcome> {
    if (this.#running < AT_ONCE) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (this.#signal?.aborted) return { kind: 'aborted' };
      return await runHook(this.#program, file, { signal: this.#signal });
    } finally {
      // The place goes to the next, if there is one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
