import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import { homeDirectory, openQueue, until } from '../../testing/queue/queues.ts';
import { pathOfOwn, putProgram } from '../../testing/system/programs.ts';

const MIB = 1024 * 1024;
const small = (seed: string) => ({ content: { seed, sizeBytes: 5_000 } });
const large = (seed: string) => ({ content: { seed, sizeBytes: 4 * MIB } });

test('a queue whose downloads are over stays, and takes more', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a'), '/b': small('b') } });
  const home = homeDirectory(t);
  const { queue, events } = openQueue(t, home);
  const [first] = await queue.add([origin.url('/a')]);
  await until(() => queue.outcome() !== undefined);
  const [second] = await queue.add([origin.url('/b')]);
  await until(() => queue.results.length === 2);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['done', 'done'],
  );
  assert.deepEqual(
    queue.results.map(({ id }) => id),
    [first, second],
  );
});

test('what has failed goes on when it is added once more, under its number', async (t) => {
  await using origin = await startOrigin({ files: {} });
  const { queue } = openQueue(t, homeDirectory(t));
  const [id] = await queue.add([origin.url('/late')]);
  await until(() => queue.outcome()?.failure !== undefined);
  assert.equal(queue.downloads.stateOf(id!), 'failed');
  origin.set('/late', small('late'));
  assert.deepEqual(await queue.add([origin.url('/late')]), [id]);
  await until(() => queue.isComplete);
  assert.equal(queue.outcome()?.failure, undefined);
});

test('a paused download keeps the queue from being over, and goes on when it is resumed', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const { queue } = openQueue(t, homeDirectory(t));
  origin.hold();
  const [id] = await queue.add([origin.url('/a')]);
  queue.downloads.pause(id!);
  await until(() => (queue.view().queue?.paused ?? 0) === 1 || queue.view().downloads.length === 0);
  assert.equal(queue.downloads.stateOf(id!), 'paused');
  assert.equal(queue.outcome(), undefined);
  origin.release();
  queue.downloads.resume(id!);
  await until(() => queue.isComplete);
});

test('more at once are let in while it runs, also from one host', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a'), '/b': large('b') } });
  const { queue } = openQueue(t, homeDirectory(t), { queue: { concurrent: 1 } });
  origin.hold();
  const [first, second] = await queue.add([origin.url('/a'), origin.url('/b')]);
  assert.equal(queue.downloads.stateOf(second!), 'waiting');
  queue.setConcurrent(2);
  assert.equal(queue.downloads.stateOf(first!), 'running');
  assert.equal(queue.downloads.stateOf(second!), 'running');
  origin.release();
  await until(() => queue.isComplete);
});

test('what is removed while it runs leaves nothing behind, and can be asked for nothing more', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') }, ratePerConnection: MIB });
  const home = homeDirectory(t);
  const { queue } = openQueue(t, home);
  const [id] = await queue.add([origin.url('/a')]);
  const part = join(home, 'a.dragonload');
  await until(() => existsSync(part));
  queue.downloads.remove(id!, { keepPart: false });
  assert.equal(queue.downloads.stateOf(id!), 'removed');
  await queue.close(false);
  assert.equal(queue.downloads.stateOf(id!), undefined);
  assert.equal(existsSync(part), false);
  assert.deepEqual(queue.results, []);
});

test('what is done is forgotten when it is removed, and its file stays', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a') } });
  const home = homeDirectory(t);
  const { queue } = openQueue(t, home);
  const [id] = await queue.add([origin.url('/a')]);
  await until(() => queue.isComplete);
  assert.equal(queue.downloads.stateOf(id!), 'done');
  queue.downloads.remove(id!, { keepPart: false });
  assert.equal(queue.downloads.stateOf(id!), undefined);
  assert.equal(queue.store?.get(id!), undefined);
  assert.ok(existsSync(join(home, 'a')));
});

test('what is done before it could be removed stays done', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a') } });
  const home = homeDirectory(t);
  const { queue: before } = openQueue(t, home);
  const [id] = await before.add([origin.url('/a')]);
  await until(() => before.isComplete);
  await before.close(false);
  // The notice that the file is here already is the last word before it is done.
  const { queue } = openQueue(t, home, {}, (event) => {
    if (event.type === 'notice') queue.downloads.remove(id!, { keepPart: false });
  });
  assert.deepEqual(await queue.add([origin.url('/a')]), [id]);
  await until(() => queue.outcome() !== undefined);
  assert.equal(queue.downloads.stateOf(id!), 'done');
  assert.equal(queue.results.length, 1);
});

test('a queue that had nothing to do tells the desktop nothing', async (t) => {
  const told = join(homeDirectory(t), 'told');
  const programs = await pathOfOwn(t);
  await putProgram(programs, 'notify-send', `touch ${told}`);
  await using origin = await startOrigin({ files: { '/a': small('a') } });
  const { queue: idle } = openQueue(t, homeDirectory(t), { notify: true });
  await idle.close(false);
  assert.equal(existsSync(told), false);
  const { queue } = openQueue(t, homeDirectory(t), { notify: true });
  await queue.add([origin.url('/a')]);
  await until(() => queue.isComplete);
  await queue.close(false);
  assert.equal(existsSync(told), process.platform === 'linux');
});

test('what another queue has is not of this one, whatever came of asking for it', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const home = homeDirectory(t);
  const [{ queue: one }, { queue: other }] = [openQueue(t, home), openQueue(t, home)];
  origin.hold();
  const [id] = await one.add([origin.url('/a')]);
  const [same] = await other.add([{ url: origin.url('/a'), id: id! }]);
  await until(() => other.outcome()?.failure?.code === 'part-busy');
  assert.equal(same, id);
  assert.equal(other.downloads.stateOf(id!), undefined);
  assert.equal(one.downloads.stateOf(id!), 'running');
});

test('a queue that is closed takes nothing more', async (t) => {
  const { queue } = openQueue(t, homeDirectory(t));
  await queue.close(false);
  await assert.rejects(queue.add(['http://127.0.0.1:9/a']), { code: 'aborted' });
});

test('a schedule that makes no sense leaves nothing open', (t) => {
  const home = homeDirectory(t);
  assert.throws(() => openQueue(t, home, { queue: { window: '25:00-26:00' } }), { code: 'usage' });
});
