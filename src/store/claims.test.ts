import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataDirectory, download, edit, openStore } from '../testing/store/stores.ts';
import type { DownloadRow } from './download-row.ts';

test('a claimed download runs, and is what it is released as', (t) => {
  const store = openStore(t, dataDirectory(t));
  const [id] = store.add([download(1)]) as [number];
  store.update(id, { state: 'failed', error: { code: 'dns', message: 'x' } });
  assert.ok(store.get(id)?.finishedMs);
  assert.equal(store.get(id)?.isTaken, undefined);
  assert.equal(store.claim(id), true);
  const running = store.get(id) as DownloadRow;
  assert.equal(running.state, 'running');
  assert.equal(running.error, undefined);
  assert.equal(running.finishedMs, undefined);
  assert.ok(running.startedMs);
  assert.equal(store.get(id)?.isTaken, true);
  assert.equal(store.claim(id), true);
  store.release(id, 'done');
  assert.equal(store.get(id)?.state, 'done');
  assert.ok(store.get(id)?.finishedMs);
  assert.equal(store.get(id)?.isTaken, undefined);
  // Whoever has not got it cannot release it.
  store.release(id, 'waiting');
  assert.equal(store.get(id)?.state, 'done');
  assert.equal(store.claim(99), false);
});

test('another list of the same process counts as another process', (t) => {
  const dataDir = dataDirectory(t);
  const one = openStore(t, dataDir);
  const other = openStore(t, dataDir);
  const [id] = one.add([download(1)]) as [number];
  assert.equal(one.claim(id), true);
  assert.equal(other.claim(id), false);
  assert.equal(other.remove(id), false);
  other.release(id, 'failed');
  assert.equal(other.get(id)?.state, 'running');
  assert.equal(one.liveProcesses(), 1);
  assert.equal(other.liveProcesses(), 2);
  one[Symbol.dispose]();
  assert.equal(other.get(id)?.state, 'waiting');
  assert.equal(other.claim(id), true);
  assert.equal(other.remove(id), true);
});

test('a claim that somebody has taken out of the file is entered anew', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [one, two] = store.add([download(1), download(2)]) as [number, number];
  assert.equal(store.claim(one), true);
  edit(dataDir, 'PRAGMA foreign_keys = ON; DELETE FROM processes');
  assert.equal(store.claim(two), true);
  assert.equal(store.get(one)?.state, 'waiting');
  assert.equal(store.get(two)?.state, 'running');
});
