import type { StateSource } from '../../app/state-tracker.ts';
import type { Tally } from '../../app/tally.ts';
import type { DragonloadError } from '../../core/errors.ts';
import type { TaskEvent } from '../../engine/base/task.ts';

/** Tells the outside what a task does: as JSON lines, as a display, or as plain lines. */
export interface Reporter {
  /** From now on there is something to see. Events may have come before. */
  watch(source: StateSource): void;
  event(event: TaskEvent): void;
  /** A sentence of the command line itself. */
  notice(message: string): void;
  /** The error that ends the run. An error that was told as an event already is not told twice. */
  error(error: DragonloadError): void;
  /** Makes place for a question on the terminal, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the report with what came of it all. Puts the terminal back as it was. */
  close(tally: Tally): void;
}

/** Remembers which errors were told, by what they say. */
export class ToldErrors {
  readonly #told = new Set<string>();

  /**
   * Whether this is the first time, for the download `id` if it is about one. The limit keeps a flapping room from
   * filling memory.
   */
  isNew(error: DragonloadError, id?: number): boolean {
    const about = `${error.code} ${error.message}`;
    const key = id === undefined ? about : `${id} ${about}`;
    if (this.#told.has(key)) return false;
    // The error that ends the run is that of some download: without a number it has been told with one.
    for (const told of [key, about]) if (this.#told.size < MAX_TOLD) this.#told.add(told);
    return true;
  }
}

const MAX_TOLD = 2000;
