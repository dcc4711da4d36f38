import { DatabaseSync } from 'node:sqlite';
import { prepare } from './prepare-database.ts';
import { awaitGuard, identityOf, makeStateFile, putAside, waitMs } from './state-file.ts';
import { Damaged, isBusy, isDamage } from './store-error.ts';

/** How long SQLite waits for another process before it reports `SQLITE_BUSY`. */
const BUSY_MS = 5_000;
/** How long an operation is tried again after `SQLITE_BUSY`. */
export const PATIENCE_MS = 30_000;
/** Most files put aside in one opening: more means that something damages each new file at once. */
const MAX_ASIDE = 3;

export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** Of the file that was opened. */
  readonly identity: string | undefined;
}

/**
 * Opens the database at `path`, with the newest schema. A file that is not a database, or is damaged, is put aside and
 * a new one made, in which numbers go on from `after`. Throws DragonloadErrors, system errors and SQLite's.
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
      // Another process has put it aside meanwhile.
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

/** The highest number that was given to a download; 0 if it cannot be read. */
export function lastNumberOf(database: DatabaseSync): number {
  try {
    const last = Number(
      database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'downloads'").get()?.seq,
    );
    // A number that is damaged would be used for ever.
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
