import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataDirectory, download, edit, inProcess, openStore } from '../testing/store/stores.ts';

const PROCESSES = 4;

test('of several processes that claim the same downloads at once, one gets each', async (t) => {
  const dataDir = dataDirectory(t);
  const ids = openStore(t, dataDir).add(Array.from({ length: 50 }, (_, index) => download(index)));
  const children = Array.from({ length: PROCESSES }, () =>
    inProcess(t, dataDir, ids, async (store, parent, wanted) => {
      parent.tell('ready');
      await parent.hear();
      parent.tell(wanted.filter((id) => store.claim(id)));
      await parent.hear();
    }),
  );
  for (const child of children) await child.hear();
  for (const child of children) child.tell('go');
  const claimed = (await Promise.all(children.map((child) => child.hear()))) as number[][];
  assert.deepEqual(
    claimed.flat().sort((a, b) => a - b),
    ids,
  );
  for (const child of children) child.tell('end');
  await Promise.all(children.map((child) => child.ended()));
});

test('what a killed process had is free at once, and nothing of it counts any more', async (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [one, two] = store.add([download(1), download(2)]) as [number, number];
  const child = inProcess(t, dataDir, [one, two], async (others, parent, ids) => {
    for (const id of ids) others.claim(id);
    others.update(ids[0]!, { heldBytes: 77 });
    parent.tell('claimed');
    await parent.hear();
  });
  await child.hear();
  assert.equal(store.claim(one), false);
  assert.equal(store.remove(one), false);
  assert.equal(store.get(one)?.isTaken, true);
  assert.equal(store.liveProcesses(), 2);
  assert.equal(store.request({ kind: 'pause', download: one }), true);
  await child.kill();
  assert.equal(store.claim(one), true);
  assert.equal(store.get(one)?.heldBytes, 77);
  assert.deepEqual(store.takeRequests(), []);
  assert.equal(store.get(two)?.state, 'waiting');
  assert.equal(store.get(two)?.isTaken, undefined);
  assert.equal(store.request({ kind: 'pause', download: two }), false);
  assert.equal(store.remove(two), true);
  assert.equal(store.liveProcesses(), 1);
});

test('who asks about many downloads in one go does not look for their processes each time', async (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const ids = store.add(Array.from({ length: 2_000 }, (_, index) => download(index)));
  const child = inProcess(t, dataDir, ids, async (others, parent, wanted) => {
    parent.tell(others.takeOn(wanted).length);
    await parent.hear();
  });
  assert.equal(await child.hear(), ids.length);
  const kill = t.mock.method(process, 'kill', process.kill.bind(process));
  assert.ok(store.list().every(({ isTaken }) => isTaken));
  for (const id of ids) {
    assert.equal(store.get(id)?.isTaken, true);
    assert.equal(store.find(download(id - 1).url, '/downloads')?.isTaken, true);
    assert.equal(store.remove(id), false);
  }
  store.together(() => {
    for (const id of ids) assert.equal(store.request({ kind: 'resume', download: id }), true);
  });
  assert.equal(kill.mock.callCount(), 1);
  await child.kill();
  assert.equal(store.get(ids[0]!)?.isTaken, undefined);
});

test('a process that ends well leaves what it had waiting, and what it was asked unanswered', async (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [id] = store.add([download(1)]) as [number];
  const child = inProcess(t, dataDir, id, async (others, parent, mine) => {
    parent.tell(others.claim(mine));
    await parent.hear();
  });
  assert.equal(await child.hear(), true);
  assert.equal(store.get(id)?.state, 'running');
  child.tell('end');
  await child.ended();
  assert.equal(store.get(id)?.state, 'waiting');
});

test('a process whose number belongs to another one now is dead, and one of another machine lives while it speaks', (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [id] = store.add([download(1)]) as [number];
  const other = openStore(t, dataDir);
  other.claim(id);
  edit(dataDir, `UPDATE processes SET host = 'elsewhere', began = 'never/1', seen_ms = ${Date.now()}`);
  assert.equal(store.claim(id), false);
  edit(dataDir, `UPDATE processes SET seen_ms = ${Date.now() - 400_000}`);
  assert.equal(store.claim(id), true);
  edit(dataDir, "UPDATE processes SET began = 'never/1'");
  assert.equal(other.claim(id), process.platform !== 'win32');
});

test('a request reaches the process that runs the download', async (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const [id] = store.add([download(1)]) as [number];
  const child = inProcess(t, dataDir, id, async (others, parent, mine) => {
    parent.tell(others.claim(mine));
    for (;;) {
      const requests = others.takeRequests();
      if (requests.length > 0) return parent.tell(requests);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  assert.equal(await child.hear(), true);
  assert.deepEqual(store.takeRequests(), []);
  const request = { kind: 'refresh', download: id, value: 'https://fresh.test/x?token=1' } as const;
  assert.equal(store.request(request), true);
  assert.deepEqual(await child.hear(), [request]);
  await child.ended();
});

test('ten processes write two hundred times each, and none is turned away', async (t) => {
  const dataDir = dataDirectory(t);
  const [shared] = openStore(t, dataDir).add([download(0)]) as [number];
  const children = Array.from({ length: 10 }, (_, number) =>
    inProcess(t, dataDir, { number, shared }, async (store, parent, { number: mine, shared: id }) => {
      parent.tell('ready');
      await parent.hear();
      let claims = 0;
      for (let round = 0; round < 40; round++) {
        const url = `https://origin.test/${mine}/${round}`;
        const [added] = store.add([{ way: 'get', url, directory: '/d', job: '{}' }]) as [number];
        store.update(added, { heldBytes: round });
        if (store.claim(id)) {
          claims++;
          store.release(id, 'waiting');
        }
        store.noteOrigin(`origin${mine}.test`, { connections: round + 1, bytesPerSecond: round });
        if (store.get(added)?.heldBytes !== round) throw new Error('a write was lost');
      }
      parent.tell(claims);
    }),
  );
  for (const child of children) await child.hear();
  for (const child of children) child.tell('go');
  for (const child of children) await child.hear();
  await Promise.all(children.map((child) => child.ended()));
  const store = openStore(t, dataDir);
  assert.equal(store.list().length, 401);
  assert.equal(store.get(shared)?.state, 'waiting');
  for (let number = 0; number < 10; number++)
    assert.deepEqual(store.originOf(`origin${number}.test`), { connections: 40, bytesPerSecond: 39 });
});

test('processes that open a list that is not there yet all get the same', async (t) => {
  const dataDir = dataDirectory(t);
  const children = Array.from({ length: PROCESSES }, (_, number) =>
    inProcess(t, `${dataDir}/new`, number, (store, _parent, mine) => {
      store.add([{ way: 'get', url: `https://origin.test/${mine}`, directory: '/d', job: '{}' }]);
    }),
  );
  await Promise.all(children.map((child) => child.ended()));
  const store = openStore(t, `${dataDir}/new`);
  assert.deepEqual(
    store.list().map(({ id }) => id),
    [1, 2, 3, 4],
  );
});

test('a process killed while it writes loses nothing that it had done, and leaves a whole file', async (t) => {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  const child = inProcess(t, dataDir, undefined, (others, parent) => {
    for (let round = 1; ; round++) {
      const many = Array.from({ length: 100 }, () => ({
        ...{ way: 'get' as const, url: 'https://origin.test/x', directory: '/d', job: '{}' },
      }));
      others.add(many);
      parent.tell(round);
    }
  });
  let told = 0;
  while (told < 20) told = (await child.hear()) as number;
  await child.kill();
  const rows = store.list().length;
  assert.ok(rows >= told * 100);
  assert.equal(rows % 100, 0);
});
