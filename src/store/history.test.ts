import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataDirectory, download, edit, openStore } from '../testing/store/stores.ts';
import { HISTORY_LIMIT } from './history.ts';

test('of the finished downloads the newest are remembered, of the others all', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const count = HISTORY_LIMIT + 50;
  store.add(Array.from({ length: count }, (_, index) => download(index)));
  edit(dataDir, `UPDATE downloads SET state = 'done', finished_ms = 1000000 + id WHERE id <> 5`);
  // Tidying comes with an end, once in a while.
  for (let time = 0; time < 101; time++) store.update(count, { state: 'done' });
  const rows = store.list();
  assert.equal(rows.length, HISTORY_LIMIT + 1);
  assert.equal(rows[0]?.id, 5);
  assert.equal(rows[1]?.id, 51);
});

test('of the origins the latest seen are remembered', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  edit(
    dataDir,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
     INSERT INTO origins SELECT 'host' || i, 1, 1.0, i FROM n`,
  );
  for (let time = 0; time < 101; time++)
    store.noteOrigin('origin.test', { connections: 1, bytesPerSecond: 1 });
  assert.equal(store.originOf('host1001'), undefined);
  assert.ok(store.originOf('host1002'));
  assert.ok(store.originOf('origin.test'));
});
