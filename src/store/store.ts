import { join } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import { Connection } from './connection.ts';
import type {
  ControlRequest,
  DownloadPatch,
  DownloadRow,
  DownloadState,
  NewDownload,
  RestingState,
} from './download-row.ts';
import { Owners } from './owners.ts';
import {
  assignmentsOf,
  countOf,
  downloadFrom,
  INSERT_DOWNLOAD,
  insertValuesOf,
  realOf,
  requestFrom,
  textOf,
} from './rows.ts';
import { isForeignKeyError } from './store-error.ts';

export type * from './download-row.ts';

/** So many finished downloads are remembered, the newest; the others go from time to time. */
export const HISTORY_LIMIT = 10_000;
const ORIGIN_LIMIT = 5_000;
const REQUEST_LIMIT = 100;
const TIDY_EVERY = 100;

/** How an origin did when it was last used. */
export interface OriginNote {
  readonly connections: number;
  readonly bytesPerSecond: number;
}

/**
 * The list of downloads, shared by all processes of one user: what is to be fetched, what is being fetched and by whom,
 * and what was. Everything is done when a method returns, and survives the death of the process; after a power cut the
 * last changes may be missing, never half of one. All methods throw `DragonloadError`s: `unwritable` or `state-broken`.
 */
export class Store implements Disposable {
  readonly #connection: Connection;
  readonly #owners: Owners;
  readonly #onNotice: (message: string) => void;
  #closed = false;
  #toTidy = 1;

  private constructor(path: string, onNotice: (message: string) => void) {
    this.#connection = new Connection(path, onNotice);
    this.#owners = new Owners(this.#connection);
    this.#onNotice = onNotice;
  }

  /**
   * Opens `state.db` in the data directory, and makes both if need be. One that is damaged is kept as
   * `state.db.broken-1` and a fresh one begun, with a notice. Throws `unwritable`, or `state-broken` for a file of a
   * newer version, which is left alone.
   */
  static open(dataDir: string, onNotice: (message: string) => void = () => {}): Store {
    return new Store(join(dataDir, 'state.db'), onNotice);
  }

  /** As `open`, but answers what it would throw with a notice and undefined: downloads do not depend on the list. */
  static tryOpen(dataDir: string, onNotice: (message: string) => void = () => {}): Store | undefined {
    try {
      return Store.open(dataDir, onNotice);
    } catch (thrown) {
      const { message } = DragonloadError.from(thrown);
      onNotice(`${message} Downloads go on without it, and are not remembered.`);
      return undefined;
    }
  }

  /** Puts downloads on the list, all or none; 100,000 at once are fine. Their numbers, in order. */
  add(downloads: readonly NewDownload[]): readonly number[] {
    this.#connection.followPath();
    const now = Date.now();
    const ids = this.#connection.transaction(() =>
      downloads.map((download) => this.#connection.insert(INSERT_DOWNLOAD, ...insertValuesOf(download, now))),
    );
    this.#connection.highestId = Math.max(this.#connection.highestId, ids.at(-1) ?? 0);
    return ids;
  }

  /** Many changes in one go, all or none: ten times as fast as one after the other. `act` may run more than once. */
  together(act: () => void): void {
    this.#connection.transaction(act);
  }

  /** Changes what the patch names; nothing if there is no such download. Who has it stays as it is. */
  update(id: number, patch: DownloadPatch): void {
    const { columns, values } = assignmentsOf(patch);
    if (columns.length === 0) return;
    const set = columns.map((column) => `${column} = ?`).join(', ');
    this.#connection.run(`UPDATE downloads SET ${set} WHERE id = ?`, ...values, id);
    if (patch.state !== undefined && patch.finishedMs === undefined) this.#noteEnd(id, patch.state);
    this.#owners.beSeen();
  }

  get(id: number): DownloadRow | undefined {
    const find = () => this.#connection.first('SELECT * FROM downloads WHERE id = ?', id);
    let row = find();
    const owner = countOf(row?.owner);
    // What nobody else has cannot have been left by one who is dead.
    if (owner !== undefined && owner !== this.#owners.mine) {
      this.#owners.sweep();
      row = find();
    }
    return row && downloadFrom(row);
  }

  /** By number. Rows that make no sense are left out. */
  list(
    query: {
      readonly states?: readonly DownloadState[];
      readonly limit?: number;
      readonly newestFirst?: boolean;
    } = {},
  ): readonly DownloadRow[] {
    this.#connection.followPath();
    this.#owners.sweep();
    const { states, limit = -1, newestFirst = false } = query;
    const where = states === undefined ? '' : `WHERE state IN (${states.map(() => '?').join(', ')})`;
    const order = newestFirst ? 'DESC' : 'ASC';
    const rows = this.#connection.all(
      `SELECT * FROM downloads ${where} ORDER BY id ${order} LIMIT ?`,
      ...(states ?? []),
      limit,
    );
    return rows.map(downloadFrom).filter((row) => row !== undefined);
  }

  /** The newest download of this URL into this directory. */
  find(url: string, directory: string): DownloadRow | undefined {
    this.#owners.sweep();
    const row = this.#connection.first(
      'SELECT * FROM downloads WHERE url = ? AND directory = ? ORDER BY id DESC LIMIT 1',
      url,
      directory,
    );
    return row && downloadFrom(row);
  }

  /** Takes a download off the list. False if it is not there, or another living process has it: ask that one. */
  remove(id: number): boolean {
    return this.removeAll([id]).length > 0;
  }

  /** As `remove`, of many in one go. Those of them that were taken off. */
  removeAll(ids: readonly number[]): readonly number[] {
    this.#owners.sweep();
    const mine = this.#owners.mine ?? null;
    const sql = 'DELETE FROM downloads WHERE id = ? AND (owner IS NULL OR owner = ?)';
    return this.#connection.transaction(() => ids.filter((id) => this.#connection.run(sql, id, mine) > 0));
  }

  /**
   * This process runs the download from now on, whatever state it was in; its error and its end are forgotten. False
   * while another living process has it (another `Store` of this process counts as one), and if there is none. One that
   * was lost with a damaged or deleted list is nobody else's: true, though nobody will see it on the new one.
   */
  claim(id: number): boolean {
    this.#connection.followPath();
    if (this.#tryClaim(id)) return true;
    this.#owners.sweep({ again: true });
    if (this.#tryClaim(id)) return true;
    if (id > this.#connection.lostUpTo) return false;
    return this.#connection.first('SELECT 1 FROM downloads WHERE id = ?', id) === undefined;
  }

  /**
   * Takes downloads on that are to wait for their turn in this process: all in one go, 100,000 are fine. Those of them
   * that it has now; the others belong to other living processes, or are not there. What is done stays so until it is
   * claimed: it may turn out to be here already.
   */
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

  /** Gives a download up that this process has claimed, in this state; nothing if it has not. */
  release(id: number, state: RestingState): void {
    const mine = this.#owners.mine;
    if (mine === undefined) return;
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
    if (released > 0 && ended !== null) this.#tidySometimes();
  }

  /** Asks the process that runs the download, which hears of it within moments. False if none does: nobody was asked. */
  request({ kind, download, value }: ControlRequest): boolean {
    this.#owners.sweep();
    // Most are nobody's, and need not wait for those who write.
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

  /**
   * What others ask about the downloads that this process has claimed, oldest first; taking them removes them. At most
   * the newest 100 for each download are kept. Meant to be called about four times a second, which also tells the others
   * that this process is there.
   */
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

  /** Remembers how an origin did, in place of what was known. `host` as in a URL, with its port if that is not the usual one. */
  noteOrigin(host: string, seen: OriginNote): void {
    this.#connection.run(
      `INSERT INTO origins (host, connections, bytes_per_second, seen_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (host) DO UPDATE SET connections = excluded.connections,
         bytes_per_second = excluded.bytes_per_second, seen_ms = excluded.seen_ms`,
      host.toLowerCase(),
      Math.round(seen.connections),
      seen.bytesPerSecond,
      Date.now(),
    );
    this.#tidySometimes();
  }

  originOf(host: string): OriginNote | undefined {
    const row = this.#connection.first('SELECT * FROM origins WHERE host = ?', host.toLowerCase());
    const connections = countOf(row?.connections);
    const bytesPerSecond = realOf(row?.bytes_per_second);
    if (!connections || bytesPerSecond === undefined || bytesPerSecond < 0) return undefined;
    return { connections, bytesPerSecond };
  }

  setting(name: string): string | undefined {
    return textOf(this.#connection.first('SELECT value FROM settings WHERE name = ?', name)?.value);
  }

  /** `undefined` removes it. */
  setSetting(name: string, value: string | undefined): void {
    if (value === undefined) {
      this.#connection.run('DELETE FROM settings WHERE name = ?', name);
      return;
    }
    this.#connection.run(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
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

  /** Gives up what this process still has: that waits again. Never throws. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#owners.leave();
      if (this.#toTidy !== 1) this.#tidy();
      this.#connection[Symbol.dispose]();
    } catch (thrown) {
      this.#onNotice(DragonloadError.from(thrown).message);
    }
  }

  #tryClaim(id: number): boolean {
    for (let tries = 0; ; tries++) {
      const mine = this.#owners.enter();
      try {
        return (
          this.#connection.run(
            `UPDATE downloads SET owner = ?1, state = 'running', started_ms = coalesce(started_ms, ?3), finished_ms = NULL,
               error_code = NULL, error_message = NULL, error_next = NULL
             WHERE id = ?2 AND (owner IS NULL OR owner = ?1)`,
            mine,
            id,
            Date.now(),
          ) > 0
        );
      } catch (thrown) {
        if (tries > 0 || !isForeignKeyError(thrown)) throw thrown;
        // Others took this process for dead, as they may when it has slept for long on another machine.
        this.#owners.forget();
      }
    }
  }

  #noteEnd(id: number, state: RestingState): void {
    const ended = state === 'done' || state === 'failed' ? Date.now() : null;
    this.#connection.run('UPDATE downloads SET finished_ms = ? WHERE id = ?', ended, id);
    if (ended !== null) this.#tidySometimes();
  }

  #tidySometimes(): void {
    if (--this.#toTidy > 0) return;
    this.#toTidy = TIDY_EVERY;
    this.#tidy();
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
