import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DragonloadError } from '../../core/errors.ts';
import { jobOf } from '../../downloads/edits.ts';
import { jobFrom } from '../../downloads/resume-plan.ts';
import { listHome, run } from '../../testing/cli/list-home.ts';

const SECRET_URL = 'https://alice:hunter2@example.org/disc.iso?token=hunter2';
const list = listHome();

test('pause asks the process that has the download, and marks one that nobody has', async () => {
  const [running, idle, done] = list.add('a', 'b', 'c');
  list.store.claim(running!);
  list.store.update(done!, { state: 'done' });
  const { err } = await run('pause', ['1', '2', '3', '01']);
  assert.match(err, /Download 1 is told to pause.*\nDownload 2 is not running.*\nDownload 3 is finished/);
  assert.deepEqual(list.store.takeRequests(), [{ kind: 'pause', download: running }]);
  assert.equal(list.store.get(idle!)?.state, 'paused');
  assert.equal(list.store.get(done!)?.state, 'done');
});

test('pause --all reaches everything that a process has', async () => {
  const [first, second] = list.add('a', 'b', 'c');
  assert.match((await run('pause', [], { all: true })).err, /Nothing is running/);
  list.store.claim(first!);
  list.store.claim(second!);
  assert.match((await run('pause', [], { all: true })).err, /^2 downloads are told to pause/);
  assert.deepEqual(
    list.store.takeRequests().map(({ kind, download }) => [kind, download]),
    [
      ['pause', first],
      ['pause', second],
    ],
  );
});

test('resume sends those that another process has back to it', async () => {
  const [paused, running] = list.add('a', 'b');
  for (const id of [paused!, running!]) list.store.claim(id);
  list.store.update(paused!, { state: 'paused' });
  const { value, err } = await run('resume', [], { all: true });
  assert.equal(value, undefined);
  assert.match(err, /Another process has 2 of them/);
  assert.deepEqual(list.store.takeRequests(), [{ kind: 'resume', download: paused }]);
});

test('resume --failed leaves the others alone, and finished ones are finished', async () => {
  const [stopped, done] = list.add('a', 'b');
  list.store.update(done!, { state: 'done' });
  assert.match((await run('resume', [], { failed: true })).err, /nothing to go on with/);
  assert.equal(list.store.get(stopped!)?.state, 'waiting');
  assert.match((await run('resume', [String(done)])).err, /Download 2 is finished/);
});

test('what has arrived keeps its name and place when it is resumed, whatever a fresh link is called', async () => {
  const [begun, fresh] = list.add('disc.iso', 'b');
  list.store.update(begun!, { path: join(list.home, 'discs', 'disc.iso') });
  await run('refresh', ['1', 'https://example.org/another-name?token=1']);
  const job = jobFrom(list.store.get(begun!)!);
  assert.equal(job?.directory, join(list.home, 'discs'));
  assert.equal(job?.fileName, 'disc.iso');
  assert.equal(job?.id, begun);
  assert.equal(jobFrom(list.store.get(fresh!)!)?.directory, list.home);
});

test('a download of a room is joined again, not resumed', async () => {
  list.store.add([{ way: 'join', url: 'https://example.org/a', directory: list.home, job: '{"url":"x"}' }]);
  assert.match((await run('resume')).err, /join it again with its invite/);
});

test('priority holds now and later', async () => {
  const [id] = list.add('a');
  list.store.claim(id!);
  await run('priority', ['1', '-5']);
  assert.deepEqual(list.store.takeRequests(), [{ kind: 'priority', download: id, value: '-5' }]);
  const row = list.store.get(id!)!;
  assert.equal(row.priority, -5);
  assert.equal(jobOf(row)?.priority, -5);
  for (const bad of ['1001', 'x', '', '1.5'])
    await assert.rejects(run('priority', ['1', bad]), /whole number/);
});

test('the limit for all is kept, told and taken away', async () => {
  assert.match((await run('limit')).out, /^There is no limit/);
  await run('limit', ['2M']);
  assert.equal(list.store.setting('limit'), String(2 * 1024 ** 2));
  assert.equal((await run('limit')).out, 'Limit for all downloads together: 2.0 MiB/s.\n');
  assert.match((await run('ls')).err, /all downloads together: 2\.0 MiB\/s/);
  await run('limit', ['none']);
  assert.equal(list.store.setting('limit'), undefined);
});

test('a limit for one download reaches its process and stays with it', async () => {
  const [id] = list.add('a');
  list.store.claim(id!);
  await run('limit', ['500k', '1']);
  assert.equal(jobOf(list.store.get(id!)!)?.limitRate, 500 * 1024);
  await run('limit', ['none', '1']);
  assert.equal(jobOf(list.store.get(id!)!)?.limitRate, undefined);
  assert.deepEqual(
    list.store.takeRequests().map(({ kind, value }) => [kind, value]),
    [
      ['limit', '512000'],
      ['limit', 'none'],
    ],
  );
});

test('nothing is limited when one of the numbers is wrong', async () => {
  const [id] = list.add('a');
  await assert.rejects(run('limit', ['500k', '1', '99']), { code: 'unknown-download' });
  assert.equal(jobOf(list.store.get(id!)!)?.limitRate, undefined);
});

test('refresh puts the new link in front of the others and tells the process that runs it', async () => {
  const [id] = list.add('a');
  const before = jobOf(list.store.get(id!)!);
  assert.match((await run('refresh', ['1', SECRET_URL])).err, /has the new link.*dragonload resume 1/);
  list.store.claim(id!);
  const link = 'https://example.org/newer';
  const { err } = await run('refresh', ['1', link]);
  assert.equal(err, 'Download 1 goes on with the new link.\n');
  const job = jobOf(list.store.get(id!)!);
  assert.deepEqual(job?.mirrors, [link, SECRET_URL]);
  assert.equal(job?.url, before?.url);
  assert.deepEqual(list.store.takeRequests(), [{ kind: 'refresh', download: id, value: link }]);
});

test('refresh takes nothing but http and https, and no finished download', async () => {
  const [id] = list.add('a');
  for (const url of ['ftp://example.org/a', 'a/b', '', 'magnet:?x']) {
    await assert.rejects(run('refresh', ['1', url]), { code: 'bad-url' });
  }
  list.store.update(id!, { state: 'done' });
  await assert.rejects(run('refresh', ['1', 'https://example.org/']), /finished/);
});

test('rm forgets finished downloads and leaves their files', async () => {
  const [id] = list.add('a');
  const path = join(list.home, 'a');
  writeFileSync(path, 'x');
  list.store.update(id!, { state: 'done', path });
  assert.equal((await run('rm', ['1'])).err, 'Forgot 1; the file stays.\n');
  assert.equal(list.store.get(id!), undefined);
  assert.ok(existsSync(path));
});

test('rm asks the process that runs a download to end it', async () => {
  const [id] = list.add('a');
  list.store.claim(id!);
  await run('rm', ['1'], { keep: true });
  assert.deepEqual(list.store.takeRequests(), [{ kind: 'remove', download: id, value: 'keep' }]);
  assert.ok(list.store.get(id!));
});

test('rm deletes nothing unasked where there is no terminal', async () => {
  const [id] = list.add('a');
  list.store.update(id!, { heldBytes: 5 });
  const isTTY = process.stdin.isTTY;
  process.stdin.isTTY = false;
  try {
    await assert.rejects(run('rm', ['1']), (error: DragonloadError) => error.next === 'Add --yes or --keep.');
  } finally {
    process.stdin.isTTY = isTTY;
  }
  assert.ok(list.store.get(id!));
  await run('rm', ['1'], { yes: true });
  assert.equal(list.store.get(id!), undefined);
});

test('rm --failed and --finished take all of those and no others', async () => {
  const [failed, done, waiting] = list.add('a', 'b', 'c');
  list.store.update(failed!, { state: 'failed' });
  list.store.update(done!, { state: 'done' });
  await run('rm', [], { failed: true });
  await run('rm', [], { finished: true });
  assert.deepEqual(
    list.store.list().map(({ id }) => id),
    [waiting],
  );
  assert.match((await run('rm', [], { failed: true })).err, /nothing to remove/);
});

test('a list that is broken is put aside with a word, not an error', async () => {
  list.store[Symbol.dispose]();
  writeFileSync(join(list.home, 'data', 'state.db'), 'no database');
  const { err } = await run('ls');
  assert.match(err, /state\.db/);
  assert.match(err, /No unfinished downloads/);
});
