import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { DragonloadError } from '../../core/errors.ts';
import { jobOf, openStore, type Store } from '../../downloads/edits.ts';
import { jobFrom } from '../../downloads/resume-plan.ts';
import { type Captured, captured } from '../../testing/cli/capture.ts';
import type { ListCommandText } from '../flags/list-commands.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { carryOut } from './carry-out.ts';

const SECRET_URL = 'https://alice:hunter2@example.org/disc.iso?token=hunter2';

let home: string;
/** As another process has it. */
let store: Store;
const earlier = process.env.DRAGONLOAD_HOME;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dragonload-list-'));
  process.env.DRAGONLOAD_HOME = home;
  store = openStore(() => {});
});
afterEach(() => {
  store[Symbol.dispose]();
  if (earlier === undefined) delete process.env.DRAGONLOAD_HOME;
  else process.env.DRAGONLOAD_HOME = earlier;
  rmSync(home, { recursive: true });
});

function run(
  name: ListCommandText['name'],
  args: readonly string[] = [],
  flags: ListFlags = {},
): Promise<Captured<number | undefined>> {
  return captured(() => carryOut(name, args, flags));
}

/** Puts downloads on the list, one for each name. */
function add(...names: readonly string[]): readonly number[] {
  return store.add(
    names.map((fileName) => ({
      way: 'get',
      url: `https://example.org/${fileName}`,
      directory: home,
      fileName,
      job: JSON.stringify({ url: `https://example.org/${fileName}`, directory: home }),
    })),
  );
}

test('an empty list says how to begin, on stderr alone', async () => {
  for (const name of ['ls', 'history'] as const) {
    const { out, err } = await run(name);
    assert.equal(out, '');
    assert.match(err, /\.( To begin: dragonload get URL)?\n$/);
  }
  assert.equal((await run('ls', [], { json: true })).out, '');
});

test('ls tells state, progress, rate and time left', async () => {
  const [running, stopped, failed] = add('running.iso', 'stopped.iso', 'failed.iso');
  store.claim(running!);
  store.update(running!, { sizeBytes: 1000 * 1024, heldBytes: 250 * 1024, bytesPerSecond: 50 * 1024 });
  store.update(stopped!, { sizeBytes: 2048, heldBytes: 1024, bytesPerSecond: 7 });
  store.update(failed!, {
    state: 'failed',
    error: { code: 'dns', message: 'No such host.', next: 'Check the URL.' },
  });
  const { out } = await run('ls');
  assert.deepEqual(out.split('\n').slice(0, 6), [
    'ID  STATE    DONE  SIZE     RATE        LEFT  NAME',
    '1   running  25%   1.0 MiB  50.0 KiB/s  15 s  running.iso',
    '2   stopped  50%   2.0 KiB                    stopped.iso',
    '3   failed         ?                          failed.iso',
    '3: No such host.',
    '    Check the URL.',
  ]);
});

test('ls --ids prints the numbers of what is not finished', async () => {
  const [, done] = add('a', 'b', 'c');
  store.update(done!, { state: 'done' });
  assert.equal((await run('ls', [], { ids: true })).out, '1\n3\n');
});

test('ls --json and history --json hold nothing of a URL that may be secret', async () => {
  const job = JSON.stringify({
    url: SECRET_URL,
    mirrors: [SECRET_URL],
    request: { headers: [['Authorization', 'hunter2']] },
  });
  const [first, second] = store.add([
    { way: 'get', url: SECRET_URL, directory: home, job },
    { way: 'get', url: SECRET_URL, directory: home, job },
  ]);
  store.update(second!, { state: 'done', path: join(home, 'disc.iso'), trust: 'self-verified' });
  for (const [name, id] of [
    ['ls', first],
    ['history', second],
  ] as const) {
    for (const json of [true, false]) {
      const { out, err } = await run(name, [], { json });
      assert.match(out, /disc\.iso/);
      assert.doesNotMatch(out + err, /hunter2/);
      if (json) {
        const line = JSON.parse(out) as Record<string, unknown>;
        assert.deepEqual([line.event, line.id, line.url], ['download', id, 'https://example.org/disc.iso']);
      }
    }
  }
});

test('hostile names, paths and messages cannot steer a terminal', async () => {
  const name = 'a\x1b[2J\u202Egpj.exe\n1   done';
  const [failed, done] = add(name, name);
  store.update(failed!, { state: 'failed', error: { code: 'tls', message: name, next: name } });
  store.update(done!, { state: 'done', path: `/tmp/${name}`, trust: name, finishedMs: 1 });
  for (const command of ['ls', 'history'] as const) {
    for (const json of [true, false]) {
      const { out } = await run(command, [], { json });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
      assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
      const rows = json ? 1 : command === 'history' ? 2 : 4;
      assert.equal(out.trimEnd().split('\n').length, rows, out);
    }
  }
});

test('a row that was edited by hand does no harm', async () => {
  const [id] = store.add([{ way: 'get', url: 'not a url', directory: '', job: '{"url":' }]);
  assert.match((await run('ls')).out, /\(not a URL\)/);
  assert.match((await run('ls', [], { json: true })).out, /"url":"\(not a URL\)"/);
  await assert.rejects(run('resume', [String(id)]), /cannot be read/);
  await assert.rejects(run('refresh', [String(id), 'https://example.org/']), /cannot be read/);
  assert.match((await run('resume')).err, /cannot be read/);
  await run('priority', [String(id), '3']);
  assert.equal(store.get(id!)?.priority, 3);
});

test('history shows the newest first, as many as are asked for', async () => {
  for (const id of add('a', 'b', 'c')) store.update(id, { state: 'done', path: `/tmp/${id}`, sizeBytes: 1 });
  const { out } = await run('history', [], { count: 2 });
  const rows = out.trimEnd().split('\n').slice(1);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/).at(-1)),
    ['/tmp/3', '/tmp/2'],
  );
});

test('pause asks the process that has the download, and marks one that nobody has', async () => {
  const [running, idle, done] = add('a', 'b', 'c');
  store.claim(running!);
  store.update(done!, { state: 'done' });
  const { err } = await run('pause', ['1', '2', '3', '01']);
  assert.match(err, /Download 1 is told to pause.*\nDownload 2 is not running.*\nDownload 3 is finished/);
  assert.deepEqual(store.takeRequests(), [{ kind: 'pause', download: running }]);
  assert.equal(store.get(idle!)?.state, 'paused');
  assert.equal(store.get(done!)?.state, 'done');
});

test('pause --all reaches everything that a process has', async () => {
  const [first, second] = add('a', 'b', 'c');
  assert.match((await run('pause', [], { all: true })).err, /Nothing is running/);
  store.claim(first!);
  store.claim(second!);
  assert.match((await run('pause', [], { all: true })).err, /^2 downloads are told to pause/);
  assert.deepEqual(
    store.takeRequests().map(({ kind, download }) => [kind, download]),
    [
      ['pause', first],
      ['pause', second],
    ],
  );
});

test('resume sends those that another process has back to it', async () => {
  const [paused, running] = add('a', 'b');
  for (const id of [paused!, running!]) store.claim(id);
  store.update(paused!, { state: 'paused' });
  const { value, err } = await run('resume', [], { all: true });
  assert.equal(value, undefined);
  assert.match(err, /Another process has 2 of them/);
  assert.deepEqual(store.takeRequests(), [{ kind: 'resume', download: paused }]);
});

test('resume --failed leaves the others alone, and finished ones are finished', async () => {
  const [stopped, done] = add('a', 'b');
  store.update(done!, { state: 'done' });
  assert.match((await run('resume', [], { failed: true })).err, /nothing to go on with/);
  assert.equal(store.get(stopped!)?.state, 'waiting');
  assert.match((await run('resume', [String(done)])).err, /Download 2 is finished/);
});

test('what has arrived keeps its name and place when it is resumed, whatever a fresh link is called', async () => {
  const [begun, fresh] = add('disc.iso', 'b');
  store.update(begun!, { path: join(home, 'discs', 'disc.iso') });
  await run('refresh', ['1', 'https://example.org/another-name?token=1']);
  const job = jobFrom(store.get(begun!)!);
  assert.equal(job?.directory, join(home, 'discs'));
  assert.equal(job?.fileName, 'disc.iso');
  assert.equal(job?.id, begun);
  assert.equal(jobFrom(store.get(fresh!)!)?.directory, home);
});

test('a download of a room is joined again, not resumed', async () => {
  store.add([{ way: 'join', url: 'https://example.org/a', directory: home, job: '{"url":"x"}' }]);
  assert.match((await run('resume')).err, /join it again with its invite/);
});

test('priority holds now and later', async () => {
  const [id] = add('a');
  store.claim(id!);
  await run('priority', ['1', '-5']);
  assert.deepEqual(store.takeRequests(), [{ kind: 'priority', download: id, value: '-5' }]);
  const row = store.get(id!)!;
  assert.equal(row.priority, -5);
  assert.equal(jobOf(row)?.priority, -5);
  for (const bad of ['1001', 'x', '', '1.5'])
    await assert.rejects(run('priority', ['1', bad]), /whole number/);
});

test('the limit for all is kept, told and taken away', async () => {
  assert.match((await run('limit')).out, /^There is no limit/);
  await run('limit', ['2M']);
  assert.equal(store.setting('limit'), String(2 * 1024 ** 2));
  assert.equal((await run('limit')).out, 'Limit for all downloads together: 2.0 MiB/s.\n');
  assert.match((await run('ls')).err, /all downloads together: 2\.0 MiB\/s/);
  await run('limit', ['none']);
  assert.equal(store.setting('limit'), undefined);
});

test('a limit for one download reaches its process and stays with it', async () => {
  const [id] = add('a');
  store.claim(id!);
  await run('limit', ['500k', '1']);
  assert.equal(jobOf(store.get(id!)!)?.limitRate, 500 * 1024);
  await run('limit', ['none', '1']);
  assert.equal(jobOf(store.get(id!)!)?.limitRate, undefined);
  assert.deepEqual(
    store.takeRequests().map(({ kind, value }) => [kind, value]),
    [
      ['limit', '512000'],
      ['limit', 'none'],
    ],
  );
});

test('nothing is limited when one of the numbers is wrong', async () => {
  const [id] = add('a');
  await assert.rejects(run('limit', ['500k', '1', '99']), { code: 'unknown-download' });
  assert.equal(jobOf(store.get(id!)!)?.limitRate, undefined);
});

test('refresh puts the new link in front of the others and tells the process that runs it', async () => {
  const [id] = add('a');
  const before = jobOf(store.get(id!)!);
  assert.match((await run('refresh', ['1', SECRET_URL])).err, /has the new link.*dragonload resume 1/);
  store.claim(id!);
  const link = 'https://example.org/newer';
  const { err } = await run('refresh', ['1', link]);
  assert.equal(err, 'Download 1 goes on with the new link.\n');
  const job = jobOf(store.get(id!)!);
  assert.deepEqual(job?.mirrors, [link, SECRET_URL]);
  assert.equal(job?.url, before?.url);
  assert.deepEqual(store.takeRequests(), [{ kind: 'refresh', download: id, value: link }]);
});

test('refresh takes nothing but http and https, and no finished download', async () => {
  const [id] = add('a');
  for (const url of ['ftp://example.org/a', 'a/b', '', 'magnet:?x']) {
    await assert.rejects(run('refresh', ['1', url]), { code: 'bad-url' });
  }
  store.update(id!, { state: 'done' });
  await assert.rejects(run('refresh', ['1', 'https://example.org/']), /finished/);
});

test('rm forgets finished downloads and leaves their files', async () => {
  const [id] = add('a');
  const path = join(home, 'a');
  writeFileSync(path, 'x');
  store.update(id!, { state: 'done', path });
  assert.equal((await run('rm', ['1'])).err, 'Forgot 1; the file stays.\n');
  assert.equal(store.get(id!), undefined);
  assert.ok(existsSync(path));
});

test('rm asks the process that runs a download to end it', async () => {
  const [id] = add('a');
  store.claim(id!);
  await run('rm', ['1'], { keep: true });
  assert.deepEqual(store.takeRequests(), [{ kind: 'remove', download: id, value: 'keep' }]);
  assert.ok(store.get(id!));
});

test('rm deletes nothing unasked where there is no terminal', async () => {
  const [id] = add('a');
  store.update(id!, { heldBytes: 5 });
  const isTTY = process.stdin.isTTY;
  process.stdin.isTTY = false;
  try {
    await assert.rejects(run('rm', ['1']), (error: DragonloadError) => error.next === 'Add --yes or --keep.');
  } finally {
    process.stdin.isTTY = isTTY;
  }
  assert.ok(store.get(id!));
  await run('rm', ['1'], { yes: true });
  assert.equal(store.get(id!), undefined);
});

test('rm --failed and --finished take all of those and no others', async () => {
  const [failed, done, waiting] = add('a', 'b', 'c');
  store.update(failed!, { state: 'failed' });
  store.update(done!, { state: 'done' });
  await run('rm', [], { failed: true });
  await run('rm', [], { finished: true });
  assert.deepEqual(
    store.list().map(({ id }) => id),
    [waiting],
  );
  assert.match((await run('rm', [], { failed: true })).err, /nothing to remove/);
});

test('a list that is broken is put aside with a word, not an error', async () => {
  store[Symbol.dispose]();
  writeFileSync(join(home, 'data', 'state.db'), 'no database');
  const { err } = await run('ls');
  assert.match(err, /state\.db/);
  assert.match(err, /No unfinished downloads/);
});
