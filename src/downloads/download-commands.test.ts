import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Store } from '../store/store.ts';
import { dataDirectory } from '../testing/store/stores.ts';
import { DownloadCommands, type LocalDownloads } from './download-commands.ts';
import { jobOf } from './job-row.ts';

const LINK = 'https://example.org/newer';

/** Downloads of this process, and what they were told. */
class Local implements LocalDownloads {
  readonly states = new Map<number, 'running' | 'failed' | 'done' | 'removed'>();
  inRoom = false;
  readonly told: unknown[][] = [];
  ids = () => this.states.keys();
  stateOf = (id: number) => this.states.get(id);
  isInRoom = () => this.inRoom;
  pause = (id: number) => void this.told.push(['pause', id]);
  resume = (id: number) => void this.told.push(['resume', id]);
  remove = (id: number, { keepPart }: { keepPart: boolean }) => void this.told.push(['remove', id, keepPart]);
  setLimit = (rate: number | undefined, id: number) => void this.told.push(['limit', id, rate]);
  setPriority = (id: number, priority: number) => void this.told.push(['priority', id, priority]);
  refresh = (id: number, url: string) => void this.told.push(['refresh', id, url]);
}

/**
 * Four downloads in the list: 1 is of this process, 2 of another living one, 3 of nobody, 4 is finished.
 * A `Store` of its own is a process of its own.
 */
function world(t: TestContext) {
  const dataDir = dataDirectory(t);
  const opened = () => {
    const store = Store.open(dataDir);
    t.after(() => store[Symbol.dispose]());
    return store;
  };
  const [mine, other, store] = [opened(), opened(), opened()];
  const job = (url: string) => JSON.stringify({ url, directory: dataDir });
  const url = 'https://example.org/a';
  store.add(
    Array.from({ length: 4 }, () => ({ way: 'get' as const, url, directory: dataDir, job: job(url) })),
  );
  mine.claim(1);
  other.claim(2);
  store.update(4, { state: 'done', path: join(dataDir, 'a') });
  const local = new Local();
  local.states.set(1, 'running');
  return { store, other, local, commands: new DownloadCommands({ store, local, dataDir }), dataDir };
}

test('what is of this process is told directly, and nothing of it goes through the list', async (t) => {
  const { commands, local, store } = world(t);
  assert.equal(commands.pause(1), 'here');
  assert.equal(commands.setPriority(1, 5), 'here');
  assert.deepEqual(commands.setLimit([1], 2048), ['here']);
  assert.equal(commands.refresh(1, LINK), 'here');
  assert.deepEqual(await commands.remove([1], { keepPart: true }), ['here']);
  assert.deepEqual(local.told, [
    ['pause', 1],
    ['priority', 1, 5],
    ['limit', 1, 2048],
    ['refresh', 1, LINK],
    ['remove', 1, true],
  ]);
  assert.ok(store.get(1), 'whoever has it takes it out of the list');
});

test('one that has failed here goes on when it is told to, but not in a room', (t) => {
  const { commands, local } = world(t);
  local.states.set(1, 'failed');
  assert.deepEqual(commands.resume(1), { recipient: 'here' });
  local.inRoom = true;
  assert.throws(() => commands.resume(1), { code: 'wrong-state', message: /failed in a room/ });
  // One that runs does what is asked of it already.
  local.states.set(1, 'running');
  assert.deepEqual(commands.resume(1), { recipient: 'here' });
  assert.deepEqual(local.told, [
    ['resume', 1],
    ['resume', 1],
  ]);
});

test('what another living process has is asked of it, and its row stays', async (t) => {
  const { commands, local, other, store } = world(t);
  assert.equal(commands.pause(2), 'elsewhere');
  assert.deepEqual(await commands.remove([2], { keepPart: false }), ['elsewhere']);
  assert.deepEqual(other.takeRequests(), [
    { kind: 'pause', download: 2 },
    { kind: 'remove', download: 2 },
  ]);
  assert.equal(store.get(2)?.state, 'running');
  assert.deepEqual(local.told, []);
});

test('of what nobody has the row is changed', async (t) => {
  const { commands, store } = world(t);
  assert.equal(commands.pause(3), 'nobody');
  assert.equal(store.get(3)?.state, 'paused');
  assert.deepEqual(await commands.remove([3], { keepPart: false }), ['nobody']);
  assert.equal(store.get(3), undefined);
});

test('a priority, a limit and a fresh link are for later runs too, whoever has the download', (t) => {
  const { commands, store } = world(t);
  for (const id of [1, 2, 3]) {
    commands.setPriority(id, -3);
    commands.refresh(id, LINK);
  }
  commands.setLimit([1, 2, 3], 4096);
  for (const id of [1, 2, 3]) {
    const { priority, limitRate, mirrors } = jobOf(store.get(id)!)!;
    assert.deepEqual([priority, limitRate, mirrors], [-3, 4096, [LINK]]);
  }
});

test('pausing twice is no error, and leaves it paused', (t) => {
  const { commands, store } = world(t);
  assert.equal(commands.pause(3), 'nobody');
  assert.equal(commands.pause(3), 'nobody');
  assert.equal(store.get(3)?.state, 'paused');
});

test('pauseAll reaches those of this process and of others, and leaves alone what nobody has', (t) => {
  const { commands, local, other, store } = world(t);
  assert.equal(commands.pauseAll(), 2);
  assert.deepEqual(local.told, [['pause', 1]]);
  assert.deepEqual(other.takeRequests(), [{ kind: 'pause', download: 2 }]);
  assert.equal(store.get(3)?.state, 'waiting');
});

test('a number that no download has is an error of every command', async (t) => {
  const { commands } = world(t);
  const unknown = { code: 'unknown-download', message: 'There is no download 9.' };
  assert.throws(() => commands.pause(9), unknown);
  assert.throws(() => commands.setPriority(9, 1), unknown);
  assert.throws(() => commands.setLimit([9], 2048), unknown);
  assert.throws(() => commands.refresh(9, LINK), unknown);
  await assert.rejects(commands.remove([9], { keepPart: false }), unknown);
});

test('nothing is limited or removed when one of the numbers is wrong', async (t) => {
  const { commands, local, store } = world(t);
  assert.throws(() => commands.setLimit([1, 3, 4], 2048), { code: 'wrong-state' });
  await assert.rejects(commands.remove([1, 3, 9], { keepPart: false }), { code: 'unknown-download' });
  assert.deepEqual(local.told, []);
  assert.equal(jobOf(store.get(3)!)?.limitRate, undefined);
});

test('what is finished takes no fresh link, and keeps its row', (t) => {
  const { commands, store } = world(t);
  const before = store.get(4);
  assert.throws(() => commands.refresh(4, LINK), { code: 'wrong-state', message: 'Download 4 is finished.' });
  assert.throws(() => commands.pause(4), { code: 'wrong-state' });
  assert.deepEqual(store.get(4), before);
});

test('what this process has finished is finished, whatever the list still says', (t) => {
  const { commands, local } = world(t);
  local.states.set(1, 'done');
  assert.throws(() => commands.refresh(1, LINK), { code: 'wrong-state' });
});

test('a link that is none changes nothing', (t) => {
  const { commands, local, store } = world(t);
  for (const bad of ['ftp://example.org/a', 'a/b', '']) {
    assert.throws(() => commands.refresh(1, bad), { code: 'bad-url' });
    assert.throws(() => commands.refresh(3, bad), { code: 'bad-url' });
  }
  assert.deepEqual(local.told, []);
  assert.equal(jobOf(store.get(3)!)?.mirrors, undefined);
});

test('values that make no sense are refused before anybody hears of them', (t) => {
  const { commands, local, other, store } = world(t);
  for (const bad of [0, -5, Number.NaN, 1023]) {
    assert.throws(() => commands.setLimit([1, 2], bad), { code: 'usage' });
    assert.throws(() => commands.setCommonLimit(bad), { code: 'usage' });
  }
  assert.throws(() => commands.setPriority(2, 1001), { code: 'usage' });
  assert.deepEqual([local.told, other.takeRequests(), store.setting('limit')], [[], [], undefined]);
});

test('without a list there are the downloads of this process alone', (t) => {
  const { local, dataDir } = world(t);
  const commands = new DownloadCommands({ store: undefined, local, dataDir });
  assert.equal(commands.pause(1), 'here');
  assert.throws(() => commands.pause(2), { code: 'unknown-download' });
  assert.throws(() => commands.setCommonLimit(2048), { code: 'state-broken' });
});

test('one that a process takes while it is being removed is asked of that process', async (t) => {
  const { commands, other, store, dataDir } = world(t);
  store.update(3, { path: join(dataDir, 'a') });
  const removing = commands.remove([3], { keepPart: false });
  assert.ok(other.claim(3));
  assert.deepEqual(await removing, ['elsewhere']);
  assert.deepEqual(other.takeRequests(), [{ kind: 'remove', download: 3 }]);
  assert.equal(store.get(3)?.state, 'running');
});

test('what is about to be gone is gone for every command', async (t) => {
  const { commands, local } = world(t);
  local.states.set(1, 'removed');
  assert.throws(() => commands.pause(1), { code: 'unknown-download' });
  await assert.rejects(commands.remove([1], { keepPart: false }), { code: 'unknown-download' });
  assert.deepEqual(local.told, []);
});

test('resume asks whoever has the download, and hands out the job of one that nobody has', (t) => {
  const { commands, local, other, store } = world(t);
  other.release(2, 'paused');
  other.takeOn([2]);
  store.update(2, { state: 'paused' });
  assert.deepEqual(commands.resume(1), { recipient: 'here' });
  assert.deepEqual(commands.resume(2), { recipient: 'elsewhere' });
  const { recipient, start } = commands.resume(3);
  assert.deepEqual([recipient, start?.id, start?.url], ['nobody', 3, 'https://example.org/a']);
  assert.deepEqual(local.told, [['resume', 1]]);
  assert.deepEqual(other.takeRequests(), [{ kind: 'resume', download: 2 }]);
  assert.throws(() => commands.resume(4), { code: 'wrong-state' });
});

test('a download of a room is not resumed but joined again', (t) => {
  const { commands, store, dataDir } = world(t);
  const job = JSON.stringify({ url: 'https://example.org/a' });
  const [id] = store.add([{ way: 'join', url: 'https://example.org/a', directory: dataDir, job }]);
  assert.throws(() => commands.resume(id!), { code: 'wrong-state', message: /belongs to a room/ });
});
