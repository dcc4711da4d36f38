import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { dataDirectory, download, edit, goodList, openStore } from '../testing/store/stores.ts';
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts';
import { Store } from './store.ts';

test('a list of a newer version is left alone, and downloads go on without it', (t) => {
  const { dataDir, path } = goodList(t);
  edit(dataDir, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  const bytes = readFileSync(path);
  assert.throws(() => Store.open(dataDir), { code: 'state-broken', message: /newer Dragonload/ });
  const notices: string[] = [];
  assert.equal(
    Store.tryOpen(dataDir, (notice) => notices.push(notice)),
    undefined,
  );
  assert.match(notices.join(), /newer Dragonload\. Downloads go on without it/);
  assert.deepEqual(readdirSync(dataDir), ['state.db']);
  assert.ok(bytes.equals(readFileSync(path)));
});

test('a list that has been through fewer steps goes through the others', (t) => {
  const dataDir = dataDirectory(t);
  const path = join(dataDir, 'state.db');
  for (let steps = 0; steps <= MIGRATIONS.length; steps++) {
    rmSync(path, { force: true });
    const database = new DatabaseSync(path);
    for (const step of MIGRATIONS.slice(0, steps)) database.exec(step);
    database.exec(`PRAGMA user_version = ${steps}`);
    if (steps > 0) {
      database.exec(
        "INSERT INTO downloads (way, url, directory, job, created_ms) VALUES ('get', 'u', '/d', '{}', 1)",
      );
    }
    database.close();
    const notices: string[] = [];
    const store = openStore(t, dataDir, notices);
    assert.equal(store.list().length, Math.min(1, steps));
    store.add([download(1)]);
    store[Symbol.dispose]();
    assert.deepEqual(notices, []);
  }
  const database = new DatabaseSync(path);
  assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, MIGRATIONS.length);
  database.close();
});

test('a new list says whose it is', (t) => {
  const { path } = goodList(t);
  using database = new DatabaseSync(path);
  assert.equal(database.prepare('PRAGMA application_id').get()?.application_id, APPLICATION_ID);
});
