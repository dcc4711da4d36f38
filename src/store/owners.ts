import { randomBytes } from 'node:crypto';
import { isAlive, thisProcess } from '../system/process.ts';
import type { Connection } from './connection.ts';
import { countOf, textOf } from './rows.ts';

/** How often a process reports that it is alive. */
const SEEN_EVERY_MS = 30_000;
/** A process of another machine or of a stopped container counts as dead when it has not reported for this time. */
const SILENT_MS = 300_000;

/**
 * The processes that run downloads. Each is known by its process number and its start time, so that the downloads of a
 * dead process are free at once, however it died.
 */
export class Owners {
  readonly #connection: Connection;
  readonly #token = randomBytes(12).toString('hex');
  #mine: { readonly id: number; readonly generation: number } | undefined;
  #seenMs = 0;
  /** The generation of the file that was searched for dead processes in this turn of the event loop. */
  #sweptIn: number | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The number of this process in the file; undefined if it has claimed nothing there. */
  get mine(): number | undefined {
    return this.#mine?.generation === this.#connection.generation ? this.#mine.id : undefined;
  }

  /** The number of this process in the file; adds this process if it is missing. */
  enter(): number {
    const known = this.mine;
    if (known !== undefined) return known;
    const { pid, began, host } = thisProcess();
    const now = Date.now();
    const [row] = this.#connection.all(
      `INSERT INTO processes (pid, began, host, token, seen_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (token) DO UPDATE SET seen_ms = excluded.seen_ms RETURNING id`,
      pid,
      began ?? null,
      host,
      this.#token,
      now,
    );
    const id = Number(row?.id);
    this.#mine = { id, generation: this.#connection.generation };
    this.#seenMs = now;
    return id;
  }

  /** Another process has removed this one: it has to be added again. */
  forget(): void {
    this.#mine = undefined;
  }

  /** Reports that this process is alive, if it has not done so lately. */
  beSeen(): void {
    const mine = this.mine;
    const now = Date.now();
    if (mine === undefined || Math.abs(now - this.#seenMs) < SEEN_EVERY_MS) return;
    this.#seenMs = now;
    this.#connection.run('UPDATE processes SET seen_ms = ? WHERE id = ?', now, mine);
  }

  /**
   * Releases the downloads of dead processes: they wait again. It searches once in a turn of the event loop, because a
   * caller may ask about 100,000 downloads in it, and each search asks the system about every process. `again`:
   * searches in any case.
   */
  sweep({ again = false } = {}): void {
    const { generation } = this.#connection;
    if (this.#sweptIn === generation && !again) return;
    if (this.#sweptIn === undefined)
      setImmediate(() => {
        this.#sweptIn = undefined;
      });
    this.#sweptIn = generation;
    const dead = this.#dead();
    if (dead.length === 0) return;
    this.#connection.transaction(() => {
      for (const id of dead) this.#free(id);
    });
  }

  /** Releases the downloads of this process. */
  leave(): void {
    const mine = this.mine;
    if (mine === undefined) return;
    this.#connection.transaction(() => this.#free(mine));
    this.#mine = undefined;
  }

  #dead(): number[] {
    const now = Date.now();
    const dead: number[] = [];
    for (const row of this.#connection.all('SELECT id, pid, began, host, seen_ms FROM processes')) {
      const id = Number(row.id);
      if (id === this.mine) continue;
      const mark = { pid: countOf(row.pid) ?? 0, began: textOf(row.began), host: textOf(row.host) ?? '' };
      const silent = Math.abs(now - (countOf(row.seen_ms) ?? 0)) > SILENT_MS;
      if (!isAlive(mark) || (mark.host !== thisProcess().host && silent)) dead.push(id);
    }
    return dead;
  }

  #free(id: number): void {
    const connection = this.#connection;
    connection.run('DELETE FROM requests WHERE download IN (SELECT id FROM downloads WHERE owner = ?)', id);
    connection.run("UPDATE downloads SET state = 'waiting' WHERE owner = ? AND state = 'running'", id);
    connection.run('UPDATE downloads SET owner = NULL WHERE owner = ?', id);
    connection.run('DELETE FROM processes WHERE id = ?', id);
  }
}
