import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { listHome, run } from '../../testing/cli/list-home.ts';

const SECRET_URL = 'https://alice:hunter2@example.org/disc.iso?token=hunter2';
const list = listHome();

test('an empty list says how to begin, on stderr alone', async () => {
  for (const name of ['ls', 'history'] as const) {
    const { out, err } = await run(name);
    assert.equal(out, '');
    assert.match(err, /\.( To begin: dragonload get URL)?\n$/);
  }
  assert.equal((await run('ls', [], { json: true })).out, '');
});

test('ls tells state, progress, rate and time left', async () => {
  const [running, stopped, failed] = list.add('running.iso', 'stopped.iso', 'failed.iso');
  list.store.claim(running!);
  list.store.update(running!, { sizeBytes: 1000 * 1024, heldBytes: 250 * 1024, bytesPerSecond: 50 * 1024 });
  list.store.update(stopped!, { sizeBytes: 2048, heldBytes: 1024, bytesPerSecond: 7 });
  list.store.update(failed!, {
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
  const [, done] = list.add('a', 'b', 'c');
  list.store.update(done!, { state: 'done' });
  assert.equal((await run('ls', [], { ids: true })).out, '1\n3\n');
});

test('ls --json and history --json hold nothing of a URL that may be secret', async () => {
  const job = JSON.stringify({
    url: SECRET_URL,
    mirrors: [SECRET_URL],
    request: { headers: [['Authorization', 'hunter2']] },
  });
  const [first, second] = list.store.add([
    { way: 'get', url: SECRET_URL, directory: list.home, job },
    { way: 'get', url: SECRET_URL, directory: list.home, job },
  ]);
  list.store.update(second!, { state: 'done', path: join(list.home, 'disc.iso'), trust: 'self-verified' });
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
  const [failed, done] = list.add(name, name);
  list.store.update(failed!, { state: 'failed', error: { code: 'tls', message: name, next: name } });
  list.store.update(done!, { state: 'done', path: `/tmp/${name}`, trust: name, finishedMs: 1 });
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
  const [id] = list.store.add([{ way: 'get', url: 'not a url', directory: '', job: '{"url":' }]);
  assert.match((await run('ls')).out, /\(not a URL\)/);
  assert.match((await run('ls', [], { json: true })).out, /"url":"\(not a URL\)"/);
  await assert.rejects(run('resume', [String(id)]), /cannot be read/);
  await assert.rejects(run('refresh', [String(id), 'https://example.org/']), /cannot be read/);
  assert.match((await run('resume')).err, /cannot be read/);
  await run('priority', [String(id), '3']);
  assert.equal(list.store.get(id!)?.priority, 3);
});

test('history shows the newest first, as many as are asked for', async () => {
  for (const id of list.add('a', 'b', 'c'))
    list.store.update(id, { state: 'done', path: `/tmp/${id}`, sizeBytes: 1 });
  const { out } = await run('history', [], { count: 2 });
  const rows = out.trimEnd().split('\n').slice(1);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/).at(-1)),
    ['/tmp/3', '/tmp/2'],
  );
});
