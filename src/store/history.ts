import type { Connection } from './connection.ts';
import { countOf } from './rows.ts';

/** Finished downloads that are kept, the newest ones; older ones are deleted from time to time. */
export const HISTORY_LIMIT = 10_000;
/** Origins that are kept, those that were used last. */
const ORIGIN_LIMIT = 5_000;
/** Old entries are deleted at the first end of a download, and then after this many ends. */
const TIDY_EVERY = 100;

/** Bounds the history: deletes old entries. */
export class History {
  readonly #connection: Connection;
  #toTidy = 1;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Counts an entry that was added to the history. */
  tidySometimes(): void {
    if (--this.#toTidy > 0) return;
    this.#toTidy = TIDY_EVERY;
    this.#tidy();
  }

  /** This process adds no more entries: deletes old ones if it has added any. */
  close(): void {
    if (this.#toTidy !== 1) this.#tidy();
  }

  #tidy(): void {
    const finished = "state IN ('done', 'failed') AND owner IS NULL";
    const count = this.#connection.first(
      `SELECT count(*) AS count FROM downloads WHERE state IN ('done', 'failed')`,
    );
    if ((countOf(count?.count) ?? 0) > HISTORY_LIMIT) {
      this.#connection.run(
        `DELETE FROM downloads WHERE id IN
         (SELECT id FROM downloads WHERE ${finished} ORDER BY finished_ms DESC, id DESC LIMIT -1 OFFSET ${HISTORY_LIMIT})`,
      );
    }
    this.#connection.run(
      `DELETE FROM origins WHERE host IN
       (SELECT host FROM origins ORDER BY seen_ms DESC LIMIT -1 OFFSET ${ORIGIN_LIMIT})`,
    );
  }
}
