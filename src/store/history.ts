import type { Connection } from './connection.ts';
import { countOf } from './rows.ts';

/** So many finished downloads are remembered, the newest; the others go from time to time. */
export const HISTORY_LIMIT = 10_000;
/** So many origins are remembered, those that were seen last. */
const ORIGIN_LIMIT = 5_000;
/** It is tidied at the first end of a download, and then at every so many. */
const TIDY_EVERY = 100;

/** Keeps what is remembered of the past from growing without end. */
export class History {
  readonly #connection: Connection;
  #toTidy = 1;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Something has been added to what is remembered. */
  tidySometimes(): void {
    if (--this.#toTidy > 0) return;
    this.#toTidy = TIDY_EVERY;
    this.#tidy();
  }

  /** This process adds no more: tidies up if it has added anything. */
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
