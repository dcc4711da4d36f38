import type { DragonloadError } from '../core/errors.ts';
import type { Result, Task, TaskEvent } from '../member/task.ts';

/** Tells the outside what a task does: as JSON lines, as a display, or as plain lines. */
export interface Reporter {
  /** From now on the task has something to see. Events may have come before. */
  watch(task: Pick<Task, 'view'>): void;
  event(event: TaskEvent): void;
  /** A sentence of the command line itself. */
  notice(message: string): void;
  /** The error that ends the run. An error that was told as an event already is not told twice. */
  error(error: DragonloadError): void;
  /** Makes place for a question on the terminal, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the report. `results`: the downloads that were finished. Puts the terminal back as it was. */
  close(results: readonly Result[]): void;
}

/** Remembers which errors were told, by what they say. */
export class ToldErrors {
  readonly #told = new Set<string>();

  /** Whether this is the first time; the limit keeps a flapping room from filling memory. */
  isNew(error: DragonloadError): boolean {
    const key = `${error.code} ${error.message}`;
    if (this.#told.has(key)) return false;
    if (this.#told.size < 1000) this.#told.add(key);
    return true;
  }
}
