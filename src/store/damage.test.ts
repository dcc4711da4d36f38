import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  dataDirectory,
  download,
  GOOD_ROWS,
  goodList,
  inProcess,
  openStore,
} from '../testing/store/stores.ts';
import { Store } from './store.ts';

/** Whatever is there, a list can be had and used; what was there is in use or kept as it was, and that is said. */
function assertUsable(t: TestContext, dataDir: string, damaged: Buffer): 'used' | 'aside' {
  const notices: string[] = [];
  const store = openStore(t, dataDir, notices);
  const [id] = store.add([download(-1)]) as [number];
  assert.equal(store.get(id)?.url, download(-1).url);
  assert.equal(store.claim(id), true);
  store.list();
  store.find(download(3).url, '/downloads');
  store.release(id, 'done');
  assert.equal(store.remove(id), true);
  store[Symbol.dispose]();
  const aside = readdirSync(dataDir).filter((name) => /^state\.db\.broken-\d+$/.test(name));
  assert.equal(notices.length, aside.length);
  if (aside.length === 0) return 'used';
  assert.deepEqual(aside, ['state.db.broken-1']);
  assert.match(notices[0]!, /was damaged: it is kept as .*state\.db\.broken-1, and a new one was begun/);
  assert.ok(damaged.equals(readFileSync(join(dataDir, 'state.db.broken-1'))), 'it was changed');
  return 'aside';
}

test('a list cut off anywhere is kept as it is, and a new one begun', (t) => {
  const { dataDir, path, bytes } = goodList(t);
  const page = bytes.readUInt16BE(16);
  // SQLite takes a file of one byte for an empty one (os_unix.c, unixFileSize).
  const cuts = [1, 2, 15, 16, 18, 99, 100, 101, 511, 512, page - 1, page, page + 1, 2 * page, 5 * page + 7];
  for (const length of [...cuts, Math.floor(bytes.length / 2), bytes.length - page, bytes.length - 1]) {
    for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true });
    writeFileSync(path, bytes.subarray(0, length));
    assert.equal(assertUsable(t, dataDir, bytes.subarray(0, length)), 'aside', `${length}`);
  }
});

test('an empty file is a list that was not begun', (t) => {
  const dataDir = dataDirectory(t);
  writeFileSync(join(dataDir, 'state.db'), '');
  assert.equal(assertUsable(t, dataDir, Buffer.alloc(0)), 'used');
});

test('what never was a database is kept as it is', (t) => {
  for (const bytes of [
    Buffer.from('hello'),
    Buffer.alloc(8192),
    Buffer.alloc(100_000, 'SQLite format 3\0'),
  ]) {
    const dataDir = dataDirectory(t);
    writeFileSync(join(dataDir, 'state.db'), bytes);
    assert.equal(assertUsable(t, dataDir, bytes), 'aside');
  }
});

test('bytes changed anywhere do no harm: nothing is made up, and the list can be used', (t) => {
  const { dataDir, path, bytes } = goodList(t);
  const edits = fc.array(
    fc.tuple(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 300 })),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(edits, (list) => {
      for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true });
      const damaged = Buffer.from(bytes);
      for (const [at, change] of list) damaged.set(change.subarray(0, bytes.length - at), at);
      writeFileSync(path, damaged);
      const notices: string[] = [];
      using store = Store.tryOpen(dataDir, (notice) => notices.push(notice));
      // A version that was made up is taken for that of a newer Dragonload.
      if (store === undefined) return assert.match(notices.join(), /newer Dragonload/);
      for (const row of store.list()) {
        assert.ok(row.id > 0 && row.heldBytes >= 0);
        assert.equal(typeof row.url, 'string');
      }
      const [id] = store.add([download(-1)]) as [number];
      assert.equal(store.claim(id), true);
      store.release(id, 'done');
    }),
    { numRuns: 150 },
  );
});

test('a log that is damaged or another file’s is not believed', (t) => {
  const { dataDir, path, bytes } = goodList(t);
  const store = openStore(t, dataDir);
  store.add([download(7000)]);
  const log = readFileSync(`${path}-wal`);
  store[Symbol.dispose]();
  for (const [wal, rows] of [
    [log, GOOD_ROWS + 1],
    [log.subarray(0, log.length - 100), GOOD_ROWS],
    [Buffer.alloc(log.length, 7), GOOD_ROWS],
    [Buffer.from(log).fill(9, 60, 200), GOOD_ROWS],
  ] as const) {
    writeFileSync(path, bytes);
    writeFileSync(`${path}-wal`, wal);
    writeFileSync(`${path}-shm`, Buffer.alloc(40_000, 3));
    const again = openStore(t, dataDir);
    assert.equal(again.list().length, rows);
    again[Symbol.dispose]();
  }
});

test('damage that shows later is answered as at the start, and numbers go on', (t) => {
  const { dataDir, path, bytes } = goodList(t);
  const damaged = Buffer.from(bytes);
  const page = bytes.readUInt16BE(16);
  // The first page says what tables there are and is left whole, as is the one with the numbers given so far.
  for (let at = page; at + page <= bytes.length; at += page) {
    if (!bytes.subarray(at, at + page).includes('downloads')) damaged.fill(0xee, at, at + page);
  }
  writeFileSync(path, damaged);
  const notices: string[] = [];
  const store = openStore(t, dataDir, notices);
  assert.deepEqual(store.list(), []);
  assert.match(notices.join(), /kept as .*broken-1/);
  assert.deepEqual(store.add([download(1)]), [GOOD_ROWS + 1]);
  assert.equal(store.claim(GOOD_ROWS + 1), true);
  assert.equal(store.get(GOOD_ROWS + 1)?.state, 'running');
});

test('a directory and a link to a device in its place are put aside', (t) => {
  const dataDir = dataDirectory(t);
  const path = join(dataDir, 'state.db');
  mkdirSync(join(path, 'inside'), { recursive: true });
  const notices: string[] = [];
  const store = openStore(t, dataDir, notices);
  assert.deepEqual(store.add([download(1)]), [1]);
  assert.match(notices.join(), /kept as .*broken-1/);
  assert.ok(existsSync(join(`${path}.broken-1`, 'inside')));
  store[Symbol.dispose]();
  if (process.platform === 'win32') return;
  rmSync(path);
  symlinkSync('/dev/zero', path);
  assert.deepEqual(openStore(t, dataDir, notices).add([download(1)]), [1]);
  assert.match(notices.join(), /kept as .*broken-2/);
  assert.ok(statSync('/dev/zero').isCharacterDevice());
});

test('the database of another program is kept as it is, whatever it calls its tables', (t) => {
  for (const sql of [
    'CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, url TEXT)',
    'CREATE TABLE downloads (id INTEGER PRIMARY KEY, url TEXT)',
    'CREATE TABLE downloads (id INTEGER PRIMARY KEY, url TEXT); PRAGMA user_version = 1',
    'CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT); PRAGMA user_version = 77',
    'CREATE TABLE x (y); PRAGMA user_version = -4',
  ]) {
    const dataDir = dataDirectory(t);
    const path = join(dataDir, 'state.db');
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    assert.equal(assertUsable(t, dataDir, readFileSync(path)), 'aside', sql);
  }
});

for (const [what, act] of [
  ['deleted', (path: string) => rmSync(path)],
  ['moved away', (path: string) => renameSync(path, `${path}.mine`)],
  [
    'replaced by a copy',
    (path: string) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
  ],
] as const) {
  test(`a list that is ${what} while it is open does not stop anything`, {
    skip: process.platform === 'win32',
  }, (t) => {
    const { dataDir, path } = goodList(t);
    const store = openStore(t, dataDir);
    store.claim(1);
    act(path);
    store.update(1, { heldBytes: 4 });
    store.takeRequests();
    const other = openStore(t, dataDir);
    assert.equal(store.claim(2), true);
    assert.equal(store.claim(GOOD_ROWS + 1), false);
    const [id] = store.add([download(1)]) as [number];
    assert.ok(id > GOOD_ROWS);
    assert.equal(store.claim(id), true);
    assert.equal(other.get(id)?.state, 'running');
    assert.equal(other.claim(id), false);
    store.release(id, 'done');
    assert.equal(other.get(id)?.state, 'done');
  });
}

test('a list cut off while it is open is put aside by one, and all go on with the new one', (t) => {
  const { dataDir, path } = goodList(t);
  const notices: string[] = [];
  const stores = [openStore(t, dataDir, notices), openStore(t, dataDir, notices)];
  for (const store of stores) store.list();
  truncateSync(path, 5000);
  const [id] = stores[0]!.add([download(1)]) as [number];
  assert.ok(id > 0);
  assert.equal(stores[1]!.list().at(-1)?.id, id);
  assert.equal(stores[1]!.claim(id), true);
  assert.equal(stores[0]!.claim(id), false);
  assert.ok(notices.length <= 1);
});

test('several processes that find a broken list at once put it aside once', async (t) => {
  const dataDir = dataDirectory(t);
  writeFileSync(join(dataDir, 'state.db'), 'rubbish');
  const children = Array.from({ length: 4 }, (_, number) =>
    inProcess(t, dataDir, number, (store, _parent, mine) => {
      store.add([{ way: 'get', url: `https://origin.test/${mine}`, directory: '/d', job: '{}' }]);
    }),
  );
  await Promise.all(children.map((child) => child.ended()));
  assert.equal(openStore(t, dataDir).list().length, 4);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.includes('broken')),
    ['state.db.broken-1'],
  );
  assert.equal(readFileSync(join(dataDir, 'state.db.broken-1'), 'utf8'), 'rubbish');
});
