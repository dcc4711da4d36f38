import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { lastNumberOf, type OpenDatabase, openDatabase, PATIENCE_MS, replace } from './open-database.ts';
import type { RawRow } from './rows.ts';
import { identityOf, waitMs } from './state-file.ts';
import { isBusy, isDamage, storeError } from './store-error.ts';

/** Most compiled statements that are kept; others are compiled anew each time. */
const MAX_STATEMENTS = 128;

/**
 * A database that several processes use at once. An operation that another process blocks is tried again. Damage that
 * shows later is handled as at the opening: the file is put aside, a new one made, and the operation done there.
 * All methods throw DragonloadErrors.
 */
export class Connection implements Disposable {
  readonly path: string;
  readonly #onNotice: (message: string) => void;
  #open: OpenDatabase;
  #statements = new Map<string, StatementSync>();
  #inside = false;
  /** Counts the files that this connection has opened. What is known of an earlier one does not hold for the next. */
  generation = 1;
  /** The highest known number of a download: no later file gives it again. */
  highestId = 0;
  /** Numbers up to this one were given in files that are gone. */
  lostUpTo = 0;

  constructor(path: string, onNotice: (message: string) => void) {
    this.path = path;
    this.#onNotice = onNotice;
    try {
      this.#open = openDatabase(path, onNotice);
    } catch (thrown) {
      throw storeError(thrown, path);
    }
  }

  all(sql: string, ...values: SQLInputValue[]): readonly RawRow[] {
    return this.#guarded(() => this.#statement(sql).all(...values));
  }

  first(sql: string, ...values: SQLInputValue[]): RawRow | undefined {
    return this.#guarded(() => this.#statement(sql).get(...values));
  }

  /** The number of rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** The number of the row that is put in. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).lastInsertRowid));
  }

  /**
   * Runs `act` as one transaction, during which no other process writes. `act` may run more than once, and may only
   * change the database. Within another transaction it is a part of that one.
   */
  transaction<T>(act: () => T): T {
    if (this.#inside) return act();
    return this.#guarded(() => {
      this.#statement('BEGIN IMMEDIATE').run();
      this.#inside = true;
      try {
        const result = act();
        this.#statement('COMMIT').run();
        return result;
      } finally {
        this.#inside = false;
        // SQLite rolls back by itself after some errors.
        if (this.#open.database.isTransaction) this.#open.database.exec('ROLLBACK');
      }
    });
  }

  /** Opens the file that is at the path now, if the open one was moved or removed. */
  followPath(): void {
    if (this.#inside || identityOf(this.path) === this.#open.identity) return;
    this.#guarded(() => {
      const after = Math.max(this.highestId, lastNumberOf(this.#open.database));
      this[Symbol.dispose]();
      this.#reopen(after);
    });
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#open.database.isOpen) this.#open.database.close();
  }

  #reopen(after: number): void {
    this.#statements.clear();
    this.#open = openDatabase(this.path, this.#onNotice, after);
    this.generation++;
    this.lostUpTo = Math.max(this.lostUpTo, after);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#open.database.prepare(sql);
    if (this.#statements.size < MAX_STATEMENTS) this.#statements.set(sql, statement);
    return statement;
  }

  #guarded<T>(act: () => T): T {
    if (this.#inside) return act();
    let until: number | undefined;
    let replaced = false;
    for (;;) {
      try {
        return act();
      } catch (thrown) {
        try {
          if (isBusy(thrown)) {
            until ??= Date.now() + PATIENCE_MS;
            if (Date.now() > until) throw thrown;
            waitMs(5 + Math.random() * 20);
          } else if (isDamage(thrown) && !replaced) {
            replaced = true;
            const after = Math.max(this.highestId, lastNumberOf(this.#open.database));
            this.#statements.clear();
            replace(this.path, this.#open, this.#onNotice);
            this.#reopen(after);
          } else {
            throw thrown;
          }
        } catch (last) {
          throw storeError(last, this.path);
        }
      }
    }
  }
}
