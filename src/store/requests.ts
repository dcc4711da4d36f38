import type { Connection } from './connection.ts';
import type { ControlRequest } from './download-row.ts';
import type { Owners } from './owners.ts';
import { requestFrom } from './rows.ts';

/** Requests that are kept for one download, the newest ones. */
const REQUEST_LIMIT = 100;

/** Requests of processes to the one that runs a download. */
export class Requests {
  readonly #connection: Connection;
  readonly #owners: Owners;

  constructor(connection: Connection, owners: Owners) {
    this.#connection = connection;
    this.#owners = owners;
  }

  /** See `Store.request`. */
  request({ kind, download, value }: ControlRequest): boolean {
    this.#owners.sweep();
    // Most downloads have no owner, so a read without a write lock answers for them.
    const isTaken = 'SELECT 1 FROM downloads WHERE id = ? AND owner IS NOT NULL';
    if (this.#connection.first(isTaken, download) === undefined) return false;
    return this.#connection.transaction(() => {
      const asked = this.#connection.run(
        `INSERT INTO requests (download, kind, value)
         SELECT id, ?, ? FROM downloads WHERE id = ? AND owner IS NOT NULL`,
        kind,
        value ?? null,
        download,
      );
      this.#connection.run(
        `DELETE FROM requests WHERE download = ?1 AND id <=
         (SELECT id FROM requests WHERE download = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${REQUEST_LIMIT})`,
        download,
      );
      return asked > 0;
    });
  }

  /** See `Store.takeRequests`. */
  takeRequests(): readonly ControlRequest[] {
    this.#connection.followPath();
    const mine = this.#owners.mine;
    if (mine === undefined) return [];
    this.#owners.beSeen();
    const wanted = 'FROM requests WHERE download IN (SELECT id FROM downloads WHERE owner = ?)';
    if (this.#connection.first(`SELECT 1 ${wanted} LIMIT 1`, mine) === undefined) return [];
    const rows = this.#connection.transaction(() => {
      const found = this.#connection.all(`SELECT id, download, kind, value ${wanted} ORDER BY id`, mine);
      this.#connection.run(`DELETE ${wanted}`, mine);
      return found;
    });
    return rows.map(requestFrom).filter((request) => request !== undefined);
  }
}
