import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataDirectory, download, edit, openStore } from '../testing/store/stores.ts';
import type { DownloadPatch, DownloadRow } from './download-row.ts';
import type { Store } from './store.ts';

const everything = {
  url: 'https://other.test/ü?x=%00&y=\u{1f409}',
  directory: '/elsewhere',
  fileName: 'näme "quoted".bin',
  priority: -2.5,
  job: '{"a":1}',
  path: '/elsewhere/name.bin',
  sizeBytes: Number.MAX_SAFE_INTEGER,
  heldBytes: 7,
  originBytes: 8,
  lanBytes: 9,
  bytesPerSecond: 10.5,
  etag: '"e"',
  lastModified: 'Wed, 21 Oct 2015 07:28:00 GMT',
  fileModifiedMs: 1_445_412_480_000.25,
  sha256: 'ab'.repeat(32),
  trust: 'self-verified',
  attempts: 3,
  startedMs: 11,
  finishedMs: 12,
  error: {
    code: 'dns',
    message: 'No such host.',
    next: 'Check the address https://a.example.',
    hint: { kind: 'check-address', url: 'https://a.example' },
  },
} satisfies DownloadPatch;

test('a download is on the list as it was put there, with the next number', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const before = Date.now();
  assert.deepEqual(
    store.add([download(1, { fileName: 'one.bin', priority: 2 }), download(2, { way: 'host' })]),
    [1, 2],
  );
  const { createdMs, ...row } = store.get(1) as DownloadRow;
  assert.ok(createdMs >= before && createdMs <= Date.now());
  assert.deepEqual(row, {
    ...download(1, { fileName: 'one.bin', priority: 2 }),
    id: 1,
    state: 'waiting',
    heldBytes: 0,
    originBytes: 0,
    lanBytes: 0,
    bytesPerSecond: 0,
    attempts: 0,
  });
  assert.equal(store.get(2)?.way, 'host');
  assert.equal(store.get(3), undefined);
  // A number is never given twice, not even to another run.
  assert.equal(store.remove(2), true);
  store[Symbol.dispose]();
  assert.deepEqual(openStore(t, dataDir).add([download(3)]), [3]);
});

test('a patch changes what it names, and everything can be named', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [id] = store.add([download(1)]) as [number];
  store.update(id, everything);
  store.update(id, {});
  store.update(id, { heldBytes: 70 });
  store[Symbol.dispose]();
  const { createdMs: _, ...row } = openStore(t, dataDir).get(id) as DownloadRow;
  assert.deepEqual(row, { ...everything, id, way: 'get', state: 'waiting', heldBytes: 70 });
});

test('what a patch names as undefined becomes empty, but for what cannot be', (t) => {
  const store = openStore(t, dataDirectory(t));
  const [id] = store.add([download(1)]) as [number];
  store.update(id, everything);
  const empty = Object.fromEntries(Object.keys(everything).map((field) => [field, undefined]));
  store.update(id, empty);
  const { createdMs: _, ...row } = store.get(id) as DownloadRow;
  const { url, directory, job, priority, heldBytes, originBytes, lanBytes, bytesPerSecond, attempts } =
    everything;
  assert.deepEqual(row, {
    ...{ id, way: 'get', state: 'waiting', url, directory, job, priority, attempts },
    ...{ heldBytes, originBytes, lanBytes, bytesPerSecond },
  });
});

test('numbers that are none change nothing, and others are brought within what can be', (t) => {
  const store = openStore(t, dataDirectory(t));
  const [id] = store.add([download(1, { priority: Number.NaN })]) as [number];
  store.update(id, { heldBytes: 5, priority: 1, sizeBytes: 100 });
  store.update(id, {
    ...{ heldBytes: Number.NaN, priority: Number.POSITIVE_INFINITY, sizeBytes: Number.NaN },
    ...{ originBytes: -4, lanBytes: 1e300, attempts: 1.6 },
  });
  store.update(id, { constructor: 'x', 'id = 9 --': 1 } as DownloadPatch);
  const row = store.get(id) as DownloadRow;
  assert.equal(row.heldBytes, 5);
  assert.equal(row.priority, 1);
  assert.equal(row.sizeBytes, 100);
  assert.equal(row.originBytes, 0);
  assert.equal(row.lanBytes, Number.MAX_SAFE_INTEGER);
  assert.equal(row.attempts, 2);
});

test('the list is by number, from either end, of some states, of so many', (t) => {
  const store = openStore(t, dataDirectory(t));
  store.add([1, 2, 3, 4, 5].map((number) => download(number)));
  store.update(2, { state: 'paused' });
  store.update(4, { state: 'done' });
  const ids = (query?: Parameters<Store['list']>[0]) => store.list(query).map(({ id }) => id);
  assert.deepEqual(ids(), [1, 2, 3, 4, 5]);
  assert.deepEqual(ids({ newestFirst: true, limit: 2 }), [5, 4]);
  assert.deepEqual(ids({ states: ['paused', 'done'] }), [2, 4]);
  assert.deepEqual(ids({ states: ['failed'] }), []);
  assert.deepEqual(ids({ states: [] }), []);
});

test('the newest download of a URL into a directory is found', (t) => {
  const store = openStore(t, dataDirectory(t));
  store.add([download(1), download(1), download(2), download(1, { directory: '/other' })]);
  const { url } = download(1);
  assert.equal(store.find(url, '/downloads')?.id, 2);
  assert.equal(store.find(url, '/other')?.id, 4);
  assert.equal(store.find(url, '/nowhere'), undefined);
  store.update(3, { url });
  assert.equal(store.find(url, '/downloads')?.id, 3);
});

test('changes made together are made all or none', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [one, two] = store.add([download(1), download(2)]) as [number, number];
  const other = openStore(t, dataDir);
  const change = (fails: boolean) => () => {
    store.update(one, { heldBytes: 5, state: 'done' });
    store.claim(two);
    store.setSetting('limit', '1');
    store.add([download(3)]);
    assert.equal(store.get(one)?.heldBytes, 5);
    assert.equal(other.get(one)?.heldBytes, 0);
    if (fails) throw new Error('no');
  };
  assert.throws(() => store.together(change(true)));
  assert.deepEqual(
    store.list().map(({ state }) => state),
    ['waiting', 'waiting'],
  );
  assert.equal(store.setting('limit'), undefined);
  store.together(change(false));
  assert.deepEqual(
    other.list().map(({ state }) => state),
    ['done', 'running', 'waiting'],
  );
  store.release(two, 'done');
  assert.equal(other.get(two)?.state, 'done');
});

test('settings are kept until they are removed', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  assert.equal(store.setting('limit'), undefined);
  store.setSetting('limit', '1');
  store.setSetting('limit', '');
  assert.equal(openStore(t, dataDir).setting('limit'), '');
  store.setSetting('limit', undefined);
  assert.equal(store.setting('limit'), undefined);
});

test('how an origin did is remembered by its name, and nonsense is not believed', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  store.noteOrigin('Origin.test:8080', { connections: 3.7, bytesPerSecond: 1e6 });
  store.noteOrigin('origin.test:8080', { connections: 4, bytesPerSecond: 2e6 });
  assert.deepEqual(store.originOf('ORIGIN.test:8080'), { connections: 4, bytesPerSecond: 2e6 });
  assert.equal(store.originOf('origin.test'), undefined);
  for (const set of ['connections = 0', 'connections = -1', 'connections = 4, bytes_per_second = -5']) {
    edit(dataDir, `UPDATE origins SET ${set}`);
    assert.equal(store.originOf('origin.test:8080'), undefined, set);
  }
});

test('a hundred thousand downloads are added in one go, all or none', (t) => {
  const store = openStore(t, dataDirectory(t));
  const many = Array.from({ length: 100_000 }, (_, index) => download(index));
  const ids = store.add(many);
  assert.equal(ids.length, 100_000);
  assert.equal(ids.at(-1), 100_000);
  assert.equal(store.list().length, 100_000);
  const broken = { ...download(1), url: null as unknown as string };
  assert.throws(() => store.add([download(1), broken]), { code: 'state-broken' });
  assert.equal(store.get(100_001), undefined);
  assert.deepEqual(store.add([download(1)]), [100_001]);
});

test('only its owner may read the list, whatever it was before', {
  skip: process.platform === 'win32',
}, (t) => {
  const dataDir = join(dataDirectory(t), 'deep', 'down');
  openStore(t, dataDir).add([download(1)]);
  for (const name of ['state.db', 'state.db-wal', 'state.db-shm'])
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
});

test('rows that make no sense are passed over, and senseless fields left out', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  store.add([1, 2, 3, 4, 5, 6].map((number) => download(number)));
  edit(
    dataDir,
    `UPDATE downloads SET state = 'exploding' WHERE id = 1;
     UPDATE downloads SET way = '../../x' WHERE id = 2;
     UPDATE downloads SET id = -3 WHERE id = 3;
     UPDATE downloads SET held_bytes = -1, size_bytes = 9223372036854775807, origin_bytes = 9007199254740993,
       priority = 9e999, bytes_per_second = -9e999, sha256 = 'x', error_message = 'no code', file_modified_ms = 9e999,
       created_ms = -1, attempts = -1, started_ms = -1 WHERE id = 4;
     UPDATE downloads SET state = 'running' WHERE id = 5;
     UPDATE downloads SET error_code = 'x', error_hint = '{"kind":"explode"}' WHERE id = 6;
     UPDATE downloads SET error_code = 'y', error_hint = '{' WHERE id = 5`,
  );
  assert.deepEqual(
    store.list().map(({ id }) => id),
    [4, 5, 6],
  );
  assert.equal(store.get(1), undefined);
  assert.equal(store.find(download(2).url, '/downloads'), undefined);
  const zeros = { heldBytes: 0, originBytes: 0, lanBytes: 0, bytesPerSecond: 0, attempts: 0, createdMs: 0 };
  assert.deepEqual(store.get(4), { ...download(4), id: 4, state: 'waiting', priority: 0, ...zeros });
  assert.equal(store.get(5)?.state, 'waiting');
  assert.deepEqual(store.get(6)?.error, { code: 'x', message: '' });
  assert.deepEqual(store.get(5)?.error, { code: 'y', message: '' });
});

test('after disposal nothing can be done, and disposing again does nothing', (t) => {
  const store = openStore(t, dataDirectory(t));
  store[Symbol.dispose]();
  store[Symbol.dispose]();
  assert.throws(() => store.add([download(1)]), { code: 'state-broken' });
  assert.throws(() => store.list(), { code: 'state-broken' });
});
