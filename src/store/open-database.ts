import { DatabaseSync } from 'node:sqlite';
import { DragonloadError } from '../core/errors.ts';
import { APPLICATION_ID, MIGRATIONS, PROBES } from './migrations.ts';
import { awaitGuard, identityOf, isRemote, makeStateFile, putAside, waitMs } from './state-file.ts';
import { Damaged, isBusy, isDamage, isSqliteError } from './store-error.ts';

/** How long SQLite waits for another process before it complains. */
const BUSY_MS = 5_000;
/** How long a complaint is answered by trying again. */
export const PATIENCE_MS = 30_000;
/** Files put aside in one opening: more means that something damages them as fast as they are made. */
const MAX_ASIDE = 3;

export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** Of the file that was opened. */
  readonly identity: string | undefined;
}

/**
 * Opens the database at `path`, of the newest schema. A file that is none, or is damaged, is put aside and a fresh one
 * begun, in which numbers go on from `after`. Throws DragonloadErrors, system errors and SQLite's.
 */
export function openDatabase(path: string, onNotice: (message: string) => void, after = 0): OpenDatabase {
  const until = Date.now() + PATIENCE_MS;
  for (let put = 0; ; ) {
    if (!makeStateFile(path)) {
      if (put++ === MAX_ASIDE) throw new Damaged('something that is no file');
      tellAside(putAside(path, identityOf(path)), onNotice);
      continue;
    }
    const identity = identityOf(path);
    const database = new DatabaseSync(path, {
      timeout: BUSY_MS,
      readBigInts: true,
      defensive: true,
      enableForeignKeyConstraints: true,
    });
    try {
      prepare(database, path);
      if (after > 0) skipNumbers(database, after);
      awaitGuard(path);
      if (identityOf(path) === identity) return { database, identity };
      // It was put aside meanwhile.
      database.close();
    } catch (thrown) {
      if (isDamage(thrown) && put < MAX_ASIDE) {
        put++;
        after = Math.max(after, lastNumberOf(database));
        replace(path, { database, identity }, onNotice);
        continue;
      }
      database.close();
      if (!isBusy(thrown) || Date.now() > until) throw thrown;
      waitMs(5 + Math.random() * 20);
    }
  }
}

/** Puts the damaged file of an open database aside. Throws system errors. */
export function replace(
  path: string,
  { database, identity }: OpenDatabase,
  onNotice: (message: string) => void,
): void {
  const aside = putAside(path, identity, () => {
    if (database.isOpen) database.close();
  });
  tellAside(aside, onNotice);
}

function tellAside(aside: string | undefined, onNotice: (message: string) => void): void {
  if (aside !== undefined)
    onNotice(`The list of downloads was damaged: it is kept as ${aside}, and a new one was begun.`);
}

/** The highest number that was given to a download; 0 if the file does not tell. */
export function lastNumberOf(database: DatabaseSync): number {
  try {
    const last = Number(
      database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'downloads'").get()?.seq,
    );
    // A number that damage has made up would be ugly for good.
    return Number.isInteger(last) && last > 0 && last < 1e9 ? last : 0;
  } catch {
    return 0;
  }
}

function skipNumbers(database: DatabaseSync, after: number): void {
  if (lastNumberOf(database) >= after) return;
  database.exec('BEGIN IMMEDIATE');
  database.exec("DELETE FROM sqlite_sequence WHERE name = 'downloads'");
  database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('downloads', ?)").run(after);
  database.exec('COMMIT');
}

function prepare(database: DatabaseSync, path: string): void {
  database.exec('PRAGMA trusted_schema = OFF');
  // Before anything is written: a file of a newer version is left alone.
  const version = versionOf(database, path);
  chooseJournal(database, path);
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304');
  try {
    if (version < MIGRATIONS.length) migrate(database, path);
    for (const probe of PROBES) database.prepare(probe);
  } catch (thrown) {
    // SQLITE_ERROR, here: tables are missing, or there are others.
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

/** The steps that a file has been through. Throws `state-broken` for one of a newer version, `Damaged` for a foreign one. */
function versionOf(database: DatabaseSync, path: string): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version < 0) throw new Damaged('a version below 0');
  // Another program's tables are not to be added to.
  if (version === 0 && database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined)
    throw new Damaged('tables of nobody knows whom');
  if (version > MIGRATIONS.length) {
    const application = Number(database.prepare('PRAGMA application_id').get()?.application_id);
    if (application !== APPLICATION_ID) throw new Damaged('a database of another program');
    throw new DragonloadError('state-broken', `The list of downloads at ${path} is of a newer Dragonload.`, {
      next: 'Update Dragonload, or set DRAGONLOAD_HOME to another directory.',
    });
  }
  return version;
}

function migrate(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    for (const step of MIGRATIONS.slice(versionOf(database, path))) database.exec(step);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec('COMMIT');
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}
