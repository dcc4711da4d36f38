import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../downloads/edits.ts';
import { opened } from '../testing/app/dragonloads.ts';
import { startOrigin } from '../testing/origin-server/origin-server.ts';
import { homeDirectory, until } from '../testing/queue/queues.ts';

const MIB = 1024 * 1024;
const small = (seed: string) => ({ content: { seed, sizeBytes: 5_000 } });
const large = (seed: string) => ({ content: { seed, sizeBytes: 4 * MIB } });

test('what is added is downloaded, and what comes later too', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a'), '/b': small('b') } });
  const { dragonload, events, home } = opened(t);
  const [first] = await dragonload.add([origin.url('/a')]);
  await until(() => events.some(({ type }) => type === 'done'));
  const [second] = await dragonload.add([origin.url('/b')]);
  const results = await dragonload.finish();
  assert.deepEqual(
    results.map(({ id, path }) => [id, path]),
    [
      [first, join(home, 'a')],
      [second, join(home, 'b')],
    ],
  );
});

test('finish rejects with what has failed, when the others are done', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a') } });
  const { dragonload, home } = opened(t);
  await dragonload.add([origin.url('/missing'), origin.url('/a')]);
  await assert.rejects(dragonload.finish(), { code: 'origin-missing' });
  assert.ok(existsSync(join(home, 'a')));
});

test('finish rejects when it is closed before the end', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const { dragonload } = opened(t);
  origin.hold();
  await dragonload.add([origin.url('/a')]);
  const finish = assert.rejects(dragonload.finish(), { code: 'aborted' });
  await dragonload[Symbol.asyncDispose]();
  await finish;
});

test('a download is paused twice without harm, and goes on with what has arrived', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const { dragonload } = opened(t);
  origin.hold();
  const [id] = await dragonload.add([origin.url('/a')]);
  assert.equal(await dragonload.pause(id!), 'here');
  assert.equal(await dragonload.pause(id!), 'here');
  origin.release();
  assert.equal(await dragonload.resume(id!), 'here');
  const [result] = await dragonload.finish();
  assert.equal(result?.sizeBytes, 4 * MIB);
});

test('commands reach a download in whatever process has it', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const home = homeDirectory(t);
  const [one, other] = [opened(t, home), opened(t, home)];
  origin.hold();
  const [id] = await one.dragonload.add([origin.url('/a')]);
  await until(() => other.stateOf(id!) === 'running');
  assert.equal(await other.dragonload.setLimit(id!, 2 * MIB), 'elsewhere');
  assert.equal(await other.dragonload.resume(id!), 'elsewhere');
  assert.equal(await other.dragonload.pause(id!), 'elsewhere');
  await until(() => one.stateOf(id!) === 'paused');
  assert.equal(await other.dragonload.resume(id!), 'elsewhere');
  origin.release();
  await until(() => one.events.some(({ type }) => type === 'done'));
});

test('two that remove one download at once both get what they want', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') }, ratePerConnection: MIB });
  const home = homeDirectory(t);
  const [one, other] = [opened(t, home), opened(t, home)];
  const [id] = await one.dragonload.add([origin.url('/a')]);
  await until(() => existsSync(join(home, 'a.dragonload')));
  const both = await Promise.all([other.dragonload.remove(id!), one.dragonload.remove(id!)]);
  assert.deepEqual(both, ['elsewhere', 'here']);
  await until(() => !existsSync(join(home, 'a.dragonload')));
  await assert.rejects(one.dragonload.remove(id!), { code: 'unknown-download' });
});

test('what nobody has is started here when it is resumed', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const home = homeDirectory(t);
  const first = opened(t, home);
  origin.hold();
  const [id] = await first.dragonload.add([origin.url('/a')]);
  await first.dragonload.pause(id!);
  await first.dragonload[Symbol.asyncDispose]();
  origin.release();
  const second = opened(t, home);
  assert.equal(await second.dragonload.resume(id!), 'here');
  assert.equal((await second.dragonload.finish())[0]?.id, id);
});

test('a command for what is done or gone changes nothing', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a') } });
  const { dragonload, events, home } = opened(t);
  const [id] = await dragonload.add([origin.url('/a')]);
  await until(() => events.some(({ type }) => type === 'done'));
  const link = 'https://example.org/newer';
  for (const refused of [
    dragonload.pause(id!),
    dragonload.resume(id!),
    dragonload.setLimit(id!, 2048),
    dragonload.setPriority(id!, 1),
    dragonload.refresh(id!, link),
  ])
    await assert.rejects(refused, { code: 'wrong-state' });
  await dragonload.remove(id!);
  assert.ok(existsSync(join(home, 'a')));
  await assert.rejects(dragonload.refresh(id!, link), { code: 'unknown-download' });
});

test('what is removed while its part is checked leaves no part', async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const home = homeDirectory(t);
  const first = opened(t, home, { quotaBytes: 2 * MIB });
  const [id] = await first.dragonload.add([origin.url('/a')]);
  await assert.rejects(first.dragonload.finish(), { code: 'quota' });
  assert.ok(existsSync(join(home, 'a.dragonload')));
  const second = opened(t, home);
  await second.dragonload.resume(id!);
  assert.equal(await second.dragonload.remove(id!), 'here');
  await second.dragonload[Symbol.asyncDispose]();
  assert.equal(existsSync(join(home, 'a.dragonload')), false);
});

test('settings that make no sense are refused, and those before stay', async (t) => {
  const { dragonload } = opened(t, undefined, { limitRate: 4096 });
  for (const limitRate of [0, -1, Number.NaN, 1023])
    await assert.rejects(dragonload.change({ limitRate }), { code: 'usage' });
  for (const concurrent of [0, 65, 1.5])
    await assert.rejects(dragonload.change({ concurrent }), { code: 'usage' });
  assert.deepEqual(dragonload.state.settings, { limitRate: 4096, concurrent: 5 });
  await dragonload.change({ limitRate: undefined, concurrent: 2 });
  assert.deepEqual(dragonload.state.settings, { limitRate: undefined, concurrent: 2 });
});

test('a limit that is lifted lets what crawls go on at full speed', { timeout: 60_000 }, async (t) => {
  await using origin = await startOrigin({ files: { '/a': large('a') } });
  const { dragonload } = opened(t, undefined, { limitRate: 1024 });
  await dragonload.add([origin.url('/a')]);
  await until(() => origin.servedBytes('/a') > 0);
  await dragonload.change({ limitRate: undefined });
  assert.equal((await dragonload.finish()).length, 1);
});

test('after the end every command is refused, and the end can be asked for twice', async (t) => {
  const { dragonload } = opened(t);
  await dragonload[Symbol.asyncDispose]();
  await dragonload[Symbol.asyncDispose]();
  for (const refused of [
    dragonload.add(['https://example.org/a']),
    dragonload.pause(1),
    dragonload.resume(1),
    dragonload.remove(1),
    dragonload.refresh(1, 'https://example.org/a'),
    dragonload.host(['https://example.org/a']),
    dragonload.join('dragon://join/x'),
    dragonload.leave('x'),
    dragonload.change({ concurrent: 2 }),
  ])
    await assert.rejects(refused, { code: 'wrong-state' });
});

test('a command that is under way when all is closed is aborted', async (t) => {
  const { dragonload } = opened(t);
  const adding = assert.rejects(dragonload.add(['https://example.org/a']), { code: 'aborted' });
  await dragonload[Symbol.asyncDispose]();
  await adding;
});

test('the list of another process is read without a queue', async (t) => {
  const home = homeDirectory(t);
  using store = openStore(() => {}, home);
  store.add([{ way: 'get', url: 'https://example.org/a', directory: home, job: '{}' }]);
  const { dragonload } = opened(t, home);
  assert.deepEqual(
    dragonload
      .downloads()
      .list()
      .map(({ id }) => id),
    [1],
  );
  await assert.rejects(dragonload.resume(1), { code: 'usage' });
});

test('the state shows what was added, under one number from the first moment to the last', async (t) => {
  await using origin = await startOrigin({ files: { '/a': small('a') } });
  const { dragonload, events } = opened(t);
  const states = dragonload.changes({ everyMs: 0 });
  await states.next();
  const [id] = await dragonload.add([origin.url('/a')]);
  assert.deepEqual(
    dragonload.state.downloads.map((download) => download.id),
    [id],
  );
  assert.equal(dragonload.downloadCount, 1);
  await until(() => events.some(({ type }) => type === 'done'));
  const { value } = await states.next();
  assert.ok((value?.version ?? 0) > 0);
  const [download] = dragonload.state.downloads;
  assert.deepEqual([download?.id, download?.status, download?.result?.sha256.length], [id, 'done', 64]);
});
