import type { NewItem } from '../../core/queue/api.ts';
import type { Registration, Registry } from '../../downloads/registry.ts';
import type { Job } from '../../lists/job.ts';
import type { QueueDriver } from './driver.ts';
import type { Entries } from './entries.ts';
import { type PreparedJob, prepareJobs } from './prepare-jobs.ts';
import type { QueueRequests } from './requests.ts';

const ADDED_AT_ONCE = 5_000;

export interface QueueIntakeDeps {
  readonly entries: Entries;
  readonly registry: Registry;
  readonly driver: QueueDriver;
  readonly requests: QueueRequests;
  /** Absolute: where files go unless their job says otherwise. */
  readonly directory: string;
  /** Rejects when nothing is to be taken in. Undefined when there is nothing to wait for. */
  readonly isReady: Promise<void> | undefined;
  /** Throws when the queue is closed. */
  readonly throwIfClosed: () => void;
  readonly onNotice: (message: string) => void;
}

/** Takes downloads into the list and the queue. */
export class QueueIntake {
  readonly #deps: QueueIntakeDeps;
  #isReady: Promise<void> | undefined;
  /** So many calls of `add` are under way. */
  #adding = 0;

  constructor(deps: QueueIntakeDeps) {
    this.#deps = deps;
    this.#isReady = deps.isReady;
    // Whoever adds something hears of it.
    this.#isReady?.catch(() => {});
  }

  /** Downloads are on their way into the queue. */
  get isAdding(): boolean {
    return this.#adding > 0;
  }

  /** See `DownloadQueue.add`. */
  async add(targets: readonly (string | Job)[]): Promise<readonly number[]> {
    const { entries, registry, driver, requests, directory, throwIfClosed, onNotice } = this.#deps;
    if (this.#isReady !== undefined) await this.#isReady;
    this.#isReady = undefined;
    throwIfClosed();
    const prepared = prepareJobs(targets, directory, onNotice);
    const items: NewItem[] = [];
    const known: number[] = [];
    this.#adding++;
    try {
      for (let from = 0; from < prepared.length; from += ADDED_AT_ONCE) {
        if (from > 0) await new Promise(setImmediate);
        throwIfClosed();
        const some = prepared.slice(from, from + ADDED_AT_ONCE);
        const ids = registry.add(some.map((one) => this.#registrationOf(one)));
        // What another process has may be free when it has its turn.
        const taken = registry.takeOn(ids);
        for (const [index, one] of some.entries()) {
          const id = ids[index]!;
          if (entries.all.has(id)) known.push(id);
          const entry = entries.add(id, one);
          entry.isElsewhere = !taken.has(id);
          items.push({ id, host: one.host, priority: one.job.priority ?? 0 });
        }
      }
    } finally {
      this.#adding--;
    }
    driver.handle({ type: 'add', items });
    for (const id of known) requests.resume(id);
    return items.map(({ id }) => id);
  }

  /** One that this queue has already keeps its number, in whatever state it is. */
  #registrationOf(prepared: PreparedJob): Registration {
    const { job, directory } = prepared;
    const id = this.#deps.entries.numberOf(prepared);
    return { way: 'get', directory, job: id === undefined ? job : { ...job, id } };
  }
}
