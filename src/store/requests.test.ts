import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataDirectory, download, edit, openStore } from '../testing/store/stores.ts';

test('requests reach who runs the download, once and in order', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [one, two] = store.add([download(1), download(2)]) as [number, number];
  assert.equal(store.request({ kind: 'pause', download: one }), false);
  store.claim(one);
  store.claim(two);
  const asked = [
    { kind: 'pause', download: two },
    { kind: 'refresh', download: one, value: 'https://fresh.test/' },
    { kind: 'resume', download: two },
  ] as const;
  const other = openStore(t, dataDir);
  for (const request of asked) assert.equal(other.request(request), true);
  assert.deepEqual(other.takeRequests(), []);
  assert.deepEqual(store.takeRequests(), asked);
  assert.deepEqual(store.takeRequests(), []);
  // What was asked of a run that is over is not meant for the next.
  other.request({ kind: 'pause', download: one });
  store.release(one, 'paused');
  store.claim(one);
  assert.deepEqual(store.takeRequests(), []);
});

test('of many requests the newest hundred are kept, and nonsense is passed over', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [id] = store.add([download(1)]) as [number];
  store.claim(id);
  for (let value = 0; value < 150; value++)
    store.request({ kind: 'limit', download: id, value: String(value) });
  edit(dataDir, `INSERT INTO requests (download, kind) VALUES (${id}, 'explode')`);
  const values = store.takeRequests().map(({ value }) => value);
  assert.equal(values.length, 100);
  assert.equal(values[0], '50');
  assert.equal(values.at(-1), '149');
});
