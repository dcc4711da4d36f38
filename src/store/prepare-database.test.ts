import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { dataDirectory } from '../testing/store/stores.ts';
import { MIGRATIONS } from './migrations.ts';
import { prepare } from './prepare-database.ts';

/** A database in which something happens before the first look at its tables. */
class Interrupted extends DatabaseSync {
  #before: (() => void) | undefined;

  constructor(path: string, before: () => void) {
    super(path);
    this.#before = before;
  }

  override prepare(...given: Parameters<DatabaseSync['prepare']>): ReturnType<DatabaseSync['prepare']> {
    const before = /sqlite_schema/.test(given[0]) ? this.#before : undefined;
    if (before !== undefined) this.#before = undefined;
    before?.();
    return super.prepare(...given);
  }
}

test('a list that another process makes in the same moment is not taken for that of another program', (t) => {
  const path = join(dataDirectory(t), 'state.db');
  let isMade = false;
  using database = new Interrupted(path, () => {
    using other = new DatabaseSync(path);
    prepare(other, path);
    isMade = true;
  });
  prepare(database, path);
  assert.ok(isMade);
  const row = database.prepare('PRAGMA user_version').get();
  assert.equal(row?.user_version, MIGRATIONS.length);
});

test('tables without a version are those of another program', (t) => {
  const path = join(dataDirectory(t), 'state.db');
  using database = new Interrupted(path, () => database.exec('CREATE TABLE downloads (x)'));
  assert.throws(() => prepare(database, path), /tables of another program/);
});
