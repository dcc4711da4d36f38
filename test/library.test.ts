import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type DragonloadError,
  get,
  host,
  join as joinRoom,
  type StaticOptions,
  startDragonload,
  type Task,
  type TaskEvent,
  type User,
} from '../src/index.ts';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { freePort } from './support/free-port.ts';
import { sha256Of, until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const SECRET = 'nobody else knows this';

async function users(count: number): Promise<readonly User[]> {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return await Promise.all(ids.map(async (id) => ({ id, host: '127.0.0.1', port: await freePort() })));
}

/** Options for one of several users in this process. */
function settings(stage: Stage, name: string, rest: Partial<StaticOptions> = {}): StaticOptions {
  return {
    secret: SECRET,
    directory: stage.directory(name),
    home: stage.home(name),
    connections: 1,
    ...rest,
  };
}

for (const count of [2, 3]) {
  test(`${count} users with the same list download together, without a vault`, async (t) => {
    const file = knownFile('static', 8 * MIB);
    await using origin = await startOrigin({ files: { '/static.bin': file }, ratePerConnection: 2 * MIB });
    const stage = new Stage(t);
    const list = await users(count);
    const tasks = await Promise.all(
      list.map(({ id }) => startDragonload(origin.url(), count, id, list, settings(stage, `user ${id}`))),
    );
    for (const results of await Promise.all(tasks.map((task) => task.finished))) {
      const [result] = results;
      assert.equal(result!.sha256, file.sha256);
      assert.equal(await sha256Of(result!.path), file.sha256);
      assert.ok(result!.lanBytes > 0 && result!.originBytes > 0, 'they swapped');
    }
    assert.ok(origin.servedBytes() <= 1.05 * 8 * MIB, `${origin.servedBytes()} bytes were served`);
  });
}

test('a wrong count, an unknown id and a short secret are usage errors', async (t) => {
  const stage = new Stage(t);
  const list = await users(2);
  const url = 'http://127.0.0.1:9/file.bin';
  const start = (count: number, id: User['id'], rest: Partial<StaticOptions> = {}) =>
    startDragonload(url, count, id, list, settings(stage, 'user', rest));
  for (const attempt of [start(3, 1), start(2, 7), start(2, 1, { secret: 'short' })]) {
    await assert.rejects(
      attempt,
      (error: DragonloadError) => error.code === 'usage' && error.next !== undefined,
    );
  }
});

test('a user with another secret is not let in: both finish alone', async (t) => {
  const file = knownFile('apart', 2 * MIB);
  await using origin = await startOrigin({ files: { '/apart.bin': file } });
  const stage = new Stage(t);
  const list = await users(2);
  const start = (id: number, secret: string) =>
    startDragonload(origin.url(), 2, id, list, settings(stage, `user ${id}`, { secret }));
  const tasks = [await start(1, SECRET), await start(2, 'something quite different')];
  try {
    for (const task of tasks) {
      await phase(task, 'done');
      assert.equal(task.view().downloads[0]!.lanBytes, 0);
    }
  } finally {
    await Promise.all(tasks.map((task) => task.stop()));
  }
});

/** Waits until the only download of a task has come so far. */
async function phase(task: Task, wanted: string): Promise<void> {
  await until(
    () => task.view().downloads[0]?.phase === wanted,
    () => `the download is ${task.view().downloads[0]?.phase}, not ${wanted}`,
  );
}

/** Starts a slow download and aborts it once it has something. */
async function abortedRun(t: TestContext, start: (url: string, signal: AbortSignal) => Task | Promise<Task>) {
  const file = knownFile('aborted', 6 * MIB);
  await using origin = await startOrigin({ files: { '/aborted.bin': file }, ratePerConnection: MIB });
  const abort = new AbortController();
  const task = await start(origin.url(), abort.signal);
  t.after(() => task.stop());
  await until(
    () => (task.view().downloads[0]?.heldBytes ?? 0) > MIB,
    () => 'it did not begin',
  );
  abort.abort();
  await assert.rejects(task.finished, { code: 'aborted' });
}

test('an AbortSignal stops a get', async (t) => {
  const stage = new Stage(t);
  await abortedRun(t, (url, signal) => get(url, { ...settings(stage, 'ada'), signal }));
});

test('an AbortSignal stops a user of a static list', async (t) => {
  const stage = new Stage(t);
  const list = await users(2);
  await abortedRun(t, (url, signal) => startDragonload(url, 2, 1, list, settings(stage, 'ada', { signal })));
});

test('get, host and join from the library, with events and a view', async (t) => {
  const file = knownFile('library', 4 * MIB);
  await using origin = await startOrigin({ files: { '/library.bin': file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const [alone] = await get(origin.url(), settings(stage, 'alone')).finished;
  assert.equal(alone!.sha256, file.sha256);
  assert.equal(alone!.path, join(stage.directory('alone'), 'library.bin'));

  const invited = Promise.withResolvers<string>();
  const seen: TaskEvent['type'][] = [];
  const onEvent = (event: TaskEvent) => {
    seen.push(event.type);
    if (event.type === 'invite') invited.resolve(event.link);
  };
  const opened = await host(origin.url(), { ...settings(stage, 'ada'), onEvent });
  const offered: string[] = [];
  const joined = await joinRoom(await invited.promise, {
    ...settings(stage, 'bob'),
    allowPrivate: true,
    consent: async (offer) => {
      offered.push(offer.fileName);
      return true;
    },
  });
  await Promise.all([opened.finished, joined.finished]);
  assert.deepEqual(offered, ['library.bin']);
  // Whether it has to wait for the other to have everything depends on who is done first.
  const told = new Set(seen.filter((type) => type !== 'waiting'));
  assert.deepEqual(told, new Set(['invite', 'member', 'done']));
  assert.equal(opened.view().downloads[0]!.phase, 'done');
});
