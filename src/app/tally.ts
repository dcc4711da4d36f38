import type { DragonloadError } from '../core/errors.ts';
import type { Result } from '../core/result.ts';
import { trustWord } from '../downloads/trust-text.ts';
import type { TaskEvent } from '../engine/base/task.ts';

/** A download that failed. */
export interface Failure {
  /** Its number in the list of downloads, where there is one. */
  readonly id: number | undefined;
  /** Its address, fit to be shown. */
  readonly url: string | undefined;
  readonly error: DragonloadError;
}

/** So many failures are kept to be told at the end; the list of downloads knows them all. */
const MAX_FAILURES = 1000;

/** What came of the downloads of a run: sums, which take no more room however many there are. */
export class Tally {
  doneCount = 0;
  sizeBytes = 0;
  originBytes = 0;
  lanBytes = 0;
  /** How long each took, added up, and how long they would have taken alone. */
  workSeconds = 0;
  aloneSeconds = 0;
  /** The only one that is done; undefined when there are more or none. */
  only: Result | undefined;
  /** The run ended with a failure: what went wrong in between has not come right. */
  hasFailed = false;
  /** How many files can be trusted how far, by the words for it. */
  readonly trust = new Map<string, number>();
  readonly #failures = new Map<string, Failure>();
  readonly #clock: () => number;
  readonly #startedMs: number;

  /** @param clock Milliseconds from any start. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#startedMs = clock();
  }

  /** Since the run began. */
  get seconds(): number {
    return (this.#clock() - this.#startedMs) / 1000;
  }

  /** Those that have failed and were not done after all, in the order in which they did. */
  get failures(): readonly Failure[] {
    return [...this.#failures.values()];
  }

  /** A program that fails after a download leaves the download as good as it is. */
  add(event: TaskEvent): void {
    if (event.type === 'done') this.#done(event.result);
    else if (event.type === 'error' && event.error.code !== 'hook-failed') {
      const { id, url, error } = event;
      if (id === undefined && url === undefined) return;
      if (this.#failures.size < MAX_FAILURES) this.#failures.set(keyOf(id, url), { id, url, error });
    }
  }

  #done(result: Result): void {
    this.only = this.doneCount === 0 ? result : undefined;
    this.doneCount += 1;
    this.sizeBytes += result.sizeBytes;
    this.originBytes += result.originBytes;
    this.lanBytes += result.lanBytes;
    this.workSeconds += result.seconds;
    this.aloneSeconds += result.aloneSeconds ?? result.seconds;
    const word = trustWord(result.trust);
    this.trust.set(word, (this.trust.get(word) ?? 0) + 1);
    this.#failures.delete(keyOf(result.id, result.url));
  }
}

function keyOf(id: number | undefined, url: string | undefined): string {
  return id === undefined ? `url ${url}` : String(id);
}
