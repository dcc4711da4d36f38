import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { DragonloadError } from '../core/errors.ts';
import { APPLICATION_ID, MIGRATIONS, PROBES } from './migrations.ts';
import { isRemote } from './state-file.ts';
import { Damaged, isBusy, isDamage, isSqliteError } from './store-error.ts';

/** Files up to this size are checked whole when they are opened: 2.6 ms for each MiB. */
const MAX_LOOK_BYTES = 4 * 1024 * 1024;

/**
 * Makes an open file the list of downloads, of the newest schema. Throws `Damaged` or what SQLite throws for one that
 * cannot be, and `state-broken` for one of a newer version; both are left as they are.
 */
export function prepare(database: DatabaseSync, path: string): void {
  database.exec('PRAGMA trusted_schema = OFF');
  // Before anything is written: a file of a newer version or of another program is left as it is.
  const version = versionOf(database, path);
  probe(database, version);
  lookThrough(database, path);
  chooseJournal(database, path);
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304');
  if (version === MIGRATIONS.length) return;
  understood(() => migrate(database, path));
  probe(database, MIGRATIONS.length);
}

/**
 * Throws `Damaged` for a damaged file, as far as that shows without reading all of a large one. Damage that shows later
 * interrupts other work.
 */
function lookThrough(database: DatabaseSync, path: string): void {
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.page_size);
  const sizeOf = (suffix: string) => statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0;
  const size = sizeOf('');
  // While there is a log, the file may be incomplete.
  if (size % pageBytes !== 0 && sizeOf('-wal') === 0 && sizeOf('-journal') === 0)
    throw new Damaged('cut off within a page');
  if (size > MAX_LOOK_BYTES) return;
  const found = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (found !== 'ok') throw new Damaged(String(found));
}

/** Throws `Damaged` when a table or column is missing that a file has after so many steps. */
function probe(database: DatabaseSync, steps: number): void {
  understood(() => {
    for (const statement of PROBES.slice(0, steps).flat()) database.prepare(statement);
  });
}

/** Turns SQLITE_ERROR into `Damaged`: here it means that tables are missing, or that there are others. */
function understood(act: () => void): void {
  try {
    act();
  } catch (thrown) {
    if (isSqliteError(thrown) && (thrown as { errcode?: unknown }).errcode === 1)
      throw new Damaged('not the schema that its version promises', { cause: thrown });
    throw thrown;
  }
}

/**
 * A write-ahead log where the file system allows one: writers do not wait for readers, and a crash loses no consistency
 * without waiting for the disk at each change.
 */
function chooseJournal(database: DatabaseSync, path: string): void {
  const set = (mode: string) => database.prepare(`PRAGMA journal_mode = ${mode}`).get()?.journal_mode;
  if (!isRemote(path)) {
    try {
      if (set('WAL') === 'wal') return;
    } catch (thrown) {
      if (isBusy(thrown) || isDamage(thrown)) throw thrown;
    }
  }
  set('DELETE');
}

/**
 * The steps that were applied to a file. Throws `state-broken` for one of a newer version, `Damaged` for a foreign one.
 */
function versionOf(database: DatabaseSync, path: string): number {
  const read = () => Number(database.prepare('PRAGMA user_version').get()?.user_version);
  let version = read();
  if (version < 0) throw new Damaged('a version below 0');
  if (version === 0 && database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined) {
    // Another process may have made them since the version was read; it writes both at once.
    version = read();
    // Nothing is added to the tables of another program.
    if (version === 0) throw new Damaged('tables of another program');
  }
  if (version > MIGRATIONS.length) {
    const application = Number(database.prepare('PRAGMA application_id').get()?.application_id);
    if (application !== APPLICATION_ID) throw new Damaged('a database of another program');
    throw new DragonloadError(
      'state-broken',
      `The list of downloads at ${path} was written by a newer Dragonload.`,
      {
        facts: { path },
        hint: { kind: 'choose-home', path, instead: 'update' },
      },
    );
  }
  return version;
}

function migrate(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have applied them first.
    for (const step of MIGRATIONS.slice(versionOf(database, path))) database.exec(step);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec('COMMIT');
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}
