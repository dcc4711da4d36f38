import type { Connection } from './connection.ts';
import type { RestingState } from './download-row.ts';
import type { Owners } from './owners.ts';
import { countOf } from './rows.ts';
import { isForeignKeyError } from './store-error.ts';

/** Which process has which download: a download has one owner at most, and a dead one counts as none. */
export class Claims {
  readonly #connection: Connection;
  readonly #owners: Owners;

  constructor(connection: Connection, owners: Owners) {
    this.#connection = connection;
    this.#owners = owners;
  }

  /** See `Store.claim`. */
  claim(id: number): boolean {
    this.#connection.followPath();
    if (this.#tryClaim(id)) return true;
    this.#owners.sweep({ again: true });
    if (this.#tryClaim(id)) return true;
    if (id > this.#connection.lostUpTo) return false;
    return this.#connection.first('SELECT 1 FROM downloads WHERE id = ?', id) === undefined;
  }

  /** See `Store.takeOn`. */
  takeOn(ids: readonly number[]): readonly number[] {
    this.#connection.followPath();
    this.#owners.sweep();
    const mine = this.#owners.enter();
    return this.#connection.transaction(() =>
      ids.filter(
        (id) =>
          this.#connection.run(
            `UPDATE downloads SET owner = ?1, state = CASE state WHEN 'done' THEN 'done' ELSE 'waiting' END
             WHERE id = ?2 AND (owner IS NULL OR owner = ?1)`,
            mine,
            id,
          ) > 0,
      ),
    );
  }

  /** See `Store.release`. True when the download has come to its end by this. */
  release(id: number, state: RestingState): boolean {
    const mine = this.#owners.mine;
    if (mine === undefined) return false;
    const ended = state === 'done' || state === 'failed' ? Date.now() : null;
    const released = this.#connection.transaction(() => {
      this.#connection.run('DELETE FROM requests WHERE download = ?', id);
      return this.#connection.run(
        'UPDATE downloads SET owner = NULL, state = ?, finished_ms = ? WHERE id = ? AND owner = ?',
        state,
        ended,
        id,
        mine,
      );
    });
    return released > 0 && ended !== null;
  }

  /** How many living processes have claims, at least 1: this one counts in any case. */
  liveProcesses(): number {
    this.#owners.sweep();
    const row = this.#connection.first(
      'SELECT count(DISTINCT owner) AS others FROM downloads WHERE owner IS NOT NULL AND owner IS NOT ?',
      this.#owners.mine ?? null,
    );
    return 1 + (countOf(row?.others) ?? 0);
  }

  #tryClaim(id: number): boolean {
    for (let tries = 0; ; tries++) {
      const mine = this.#owners.enter();
      try {
        return (
          this.#connection.run(
            `UPDATE downloads SET owner = ?1, state = 'running', started_ms = coalesce(started_ms, ?3), finished_ms = NULL,
               error_code = NULL, error_message = NULL, error_next = NULL, error_hint = NULL
             WHERE id = ?2 AND (owner IS NULL OR owner = ?1)`,
            mine,
            id,
            Date.now(),
          ) > 0
        );
      } catch (thrown) {
        if (tries > 0 || !isForeignKeyError(thrown)) throw thrown;
        // Other processes counted this one as dead, which can happen when it slept for long on another machine.
        this.#owners.forget();
      }
    }
  }
}
