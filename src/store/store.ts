import { join } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import { Claims } from './claims.ts';
import { Connection } from './connection.ts';
import type {
  ControlRequest,
  DownloadPatch,
  DownloadRow,
  DownloadState,
  NewDownload,
  RestingState,
} from './download-row.ts';
import { History } from './history.ts';
import { Notes, type OriginNote } from './notes.ts';
import { Owners } from './owners.ts';
import { Requests } from './requests.ts';
import { assignmentsOf, countOf, downloadFrom, INSERT_DOWNLOAD, insertValuesOf } from './rows.ts';

export type * from './download-row.ts';
export type { OriginNote } from './notes.ts';

/**
 * The list of downloads, shared by all processes of one user: what waits, what is being fetched and by which process,
 * and what is finished. A change is complete when its method returns, and survives the death of the process; after a
 * power cut the last changes may be missing, but none is incomplete. All methods throw `DragonloadError`s: `unwritable`
 * or `state-broken`.
 */
export class Store implements Disposable {
  readonly #connection: Connection;
  readonly #owners: Owners;
  readonly #claims: Claims;
  readonly #requests: Requests;
  readonly #notes: Notes;
  readonly #history: History;
  readonly #onNotice: (message: string) => void;
  #closed = false;

  private constructor(path: string, onNotice: (message: string) => void) {
    this.#connection = new Connection(path, onNotice);
    this.#owners = new Owners(this.#connection);
    this.#claims = new Claims(this.#connection, this.#owners);
    this.#requests = new Requests(this.#connection, this.#owners);
    this.#notes = new Notes(this.#connection);
    this.#history = new History(this.#connection);
    this.#onNotice = onNotice;
  }

  /**
   * Opens `state.db` in the data directory, and makes both if they are missing. A damaged one is kept as
   * `state.db.broken-1` and a new one made, with a notice. Throws `unwritable`, or `state-broken` for a file of a
   * newer version, which is left alone.
   */
  static open(dataDir: string, onNotice: (message: string) => void = () => {}): Store {
    return new Store(join(dataDir, 'state.db'), onNotice);
  }

  /** As `open`; in place of an error it gives a notice and returns undefined: downloads do not depend on the list. */
  static tryOpen(dataDir: string, onNotice: (message: string) => void = () => {}): Store | undefined {
    try {
      return Store.open(dataDir, onNotice);
    } catch (thrown) {
      const { message } = DragonloadError.from(thrown);
      onNotice(`${message} Downloads go on without it, and are not remembered.`);
      return undefined;
    }
  }

  /** Adds downloads, all or none; 100,000 at once are possible. Returns their numbers, in order. */
  add(downloads: readonly NewDownload[]): readonly number[] {
    this.#connection.followPath();
    const now = Date.now();
    const ids = this.#connection.transaction(() =>
      downloads.map((download) => this.#connection.insert(INSERT_DOWNLOAD, ...insertValuesOf(download, now))),
    );
    this.#connection.highestId = Math.max(this.#connection.highestId, ids.at(-1) ?? 0);
    return ids;
  }

  /** Makes many changes as one, all or none: ten times as fast as single ones. `act` may run more than once. */
  together(act: () => void): void {
    this.#connection.transaction(act);
  }

  /** Changes the fields in the patch, if there is such a download. Its owner does not change. */
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
    // A download without an owner, or with this one, cannot have a dead owner.
    if (owner !== undefined && owner !== this.#owners.mine) {
      this.#owners.sweep();
      row = find();
    }
    return row && downloadFrom(row);
  }

  /** Downloads by number. Invalid rows are left out. */
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

  /** Removes a download. False if it does not exist, or if another living process has it, which has to be asked. */
  remove(id: number): boolean {
    return this.removeAll([id]).length > 0;
  }

  /** As `remove`, for many at once. Returns those that were removed. */
  removeAll(ids: readonly number[]): readonly number[] {
    this.#owners.sweep();
    const mine = this.#owners.mine ?? null;
    const sql = 'DELETE FROM downloads WHERE id = ? AND (owner IS NULL OR owner = ?)';
    return this.#connection.transaction(() => ids.filter((id) => this.#connection.run(sql, id, mine) > 0));
  }

  /**
   * Claims a download for this process, in any state; its error and its end are cleared. False while another living
   * process has it (another `Store` of this process counts as one), and if it does not exist. True for one that was
   * lost with a damaged or deleted list, which no other process can have; the new list does not show it.
   */
  claim(id: number): boolean {
    return this.#claims.claim(id);
  }

  /**
   * Claims downloads that wait for their turn in this process, all at once; 100,000 are possible. Returns those that it
   * has now; the others belong to other living processes, or do not exist. A finished one stays `done` until it is
   * claimed to run: its file may still be here.
   */
  takeOn(ids: readonly number[]): readonly number[] {
    return this.#claims.takeOn(ids);
  }

  /** Releases a download that this process has claimed, and sets its state; no effect if it has not. */
  release(id: number, state: RestingState): void {
    if (this.#claims.release(id, state)) this.#history.tidySometimes();
  }

  /** Sends a request to the process that runs the download, which gets it within moments. False if no process does. */
  request(request: ControlRequest): boolean {
    return this.#requests.request(request);
  }

  /**
   * Requests of other processes about the downloads that this process has claimed, oldest first; they are removed. At
   * most the newest 100 for each download are kept. Meant to be called about four times a second, which also reports
   * that this process is alive.
   */
  takeRequests(): readonly ControlRequest[] {
    return this.#requests.takeRequests();
  }

  /**
   * Stores the data of an origin, in place of earlier data. `host` as in a URL, with its port if that is not the
   * default.
   */
  noteOrigin(host: string, seen: OriginNote): void {
    this.#notes.noteOrigin(host, seen);
    this.#history.tidySometimes();
  }

  /** The data of an origin from its last use. */
  originOf(host: string): OriginNote | undefined {
    return this.#notes.originOf(host);
  }

  /** The setting of a name. */
  setting(name: string): string | undefined {
    return this.#notes.setting(name);
  }

  /** Stores a setting; `undefined` removes it. */
  setSetting(name: string, value: string | undefined): void {
    this.#notes.setSetting(name, value);
  }

  /** How many living processes have claims, at least 1: this one counts in any case. */
  liveProcesses(): number {
    return this.#claims.liveProcesses();
  }

  /** Releases the downloads that this process still has: they wait again. Never throws. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#owners.leave();
      this.#history.close();
      this.#connection[Symbol.dispose]();
    } catch (thrown) {
      this.#onNotice(DragonloadError.from(thrown).message);
    }
  }

  #noteEnd(id: number, state: RestingState): void {
    const ended = state === 'done' || state === 'failed' ? Date.now() : null;
    this.#connection.run('UPDATE downloads SET finished_ms = ? WHERE id = ?', ended, id);
    if (ended !== null) this.#history.tidySometimes();
  }
}
