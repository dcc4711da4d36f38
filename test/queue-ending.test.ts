import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { errorsOf, finishedBy, QueueStage } from './support/queue-stage.ts';

const PATH = process.env.PATH ?? '/usr/bin:/bin';

test('--on-complete runs once for each of 50 files, whatever they are called', async (t) => {
  const names = ['$(touch pwned)', ';touch pwned;', '-rf', 'a\'b"c', 'a b', '`x`', '%n', 'a\u202Eb'];
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => {
      const name = encodeURIComponent(`${names[index % names.length]}${index}`);
      const headers = { 'content-disposition': `attachment; filename*=UTF-8''${name}` };
      return [`/${index}`, { ...knownFile(`hook ${index}`, 100), headers }];
    }),
  );
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  const seen = join(stage.stage.folder, 'seen');
  const hook = stage.write(
    'hook',
    `#!/bin/sh\nprintf '%s\\0%s\\0%s\\0%s\\0\\n' "$#" "$1" "$DRAGONLOAD_SHA256" "$(cksum <"$1" >/dev/null && echo there)" >> '${seen}'\n`,
    0o755,
  );
  const run = stage.get([...Object.keys(files).map((path) => origin.url(path)), '--on-complete', hook]);
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  const calls = readFileSync(seen, 'utf8')
    .split('\0\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\0'));
  const expected = run.events.filter(({ event }) => event === 'done');
  assert.deepEqual(
    calls.map((call) => call.join('|')).sort(),
    expected.map(({ path, sha256 }) => `1|${path}|${sha256}|there`).sort(),
  );
  assert.equal(calls.length, 50);
  assert.ok(!existsSync(join(stage.directory, 'pwned')));
});

test('a hook that fails is told with its file; the file and the others are fine', async (t) => {
  const files = { '/a.bin': knownFile('hook a', 100), '/b.bin': knownFile('hook b', 100) };
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  const hook = stage.write('hook', '#!/bin/sh\ncase "$1" in *a.bin) exit 3;; esac\n', 0o755);
  const run = stage.get([...Object.keys(files).map((path) => origin.url(path)), '--on-complete', hook]);
  await run.exit();
  assert.equal(finishedBy(run).length, 2);
  const [error] = errorsOf(run);
  assert.deepEqual([error?.code, error?.id, errorsOf(run).length], ['hook-failed', 1, 1]);
  assert.match(error?.message ?? '', /failed with exit code 3/);
  assert.deepEqual(await stage.listed(), []);
  assert.equal((await stage.history()).length, 2);
});

test('a program for finished files that does not exist is told before anything is fetched', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': knownFile('hook', 100) } });
  const run = new QueueStage(t).get([origin.url(), '--on-complete', '/nowhere/hook']);
  await run.fails('usage', 2);
  assert.equal(origin.requests.length, 0);
});

test('--notify tells the desktop once, of files or of failures, and not when it is broken off', async (t) => {
  const headers = { 'content-disposition': 'attachment; filename="a&<b>.bin"' };
  const files = { '/a': knownFile('told a', 100, { headers }), '/slow.bin': knownFile('told b', 8 * MIB) };
  await using origin = await startOrigin({ files, ratePerConnection: 2 * MIB });
  const stage = new QueueStage(t);
  const seen = join(stage.stage.folder, 'seen');
  stage.write('bin/notify-send', `#!/bin/sh\nprintf '%s|' "$@" >> '${seen}'\necho >> '${seen}'\n`, 0o755);
  const environment = { PATH: `${join(stage.stage.folder, 'bin')}:${PATH}` };
  const small = origin.url('/a');
  await stage.get([small, '--notify'], environment).exit();
  await stage.get([small, origin.url('/none.bin'), '--notify'], environment).exit();
  const broken = stage.get([origin.url('/slow.bin'), '--notify'], environment);
  await broken.event('progress');
  broken.signal('SIGINT');
  await broken.exit();
  const [first, second, ...more] = readFileSync(seen, 'utf8').trimEnd().split('\n');
  assert.match(first ?? '', /\|Downloaded\|.*a&amp;_b_\.bin\|$/);
  assert.match(second ?? '', /\|Not everything has arrived\|.*; 1 failed\|$/);
  assert.deepEqual(more, []);
});

test('the machine is kept awake while there is work, and no longer, however the process ends', async (t) => {
  const file = knownFile('awake', 20 * MIB);
  await using origin = await startOrigin({ files: { '/a.bin': file }, ratePerConnection: 2 * MIB });
  const stage = new QueueStage(t);
  const folder = stage.stage.folder;
  const program = `#!/bin/sh\necho $$ >> '${folder}/held'\nfor last; do :; done\nexec "$last"\n`;
  stage.write('bin/systemd-inhibit', program, 0o755);
  const environment = { PATH: `${join(folder, 'bin')}:${PATH}` };
  const isThere = (pid: number) => existsSync(`/proc/${pid}`);
  const held = () => (existsSync(join(folder, 'held')) ? readFileSync(join(folder, 'held'), 'utf8') : '');
  for (const [index, end] of ['SIGKILL', 'SIGINT'].entries()) {
    const run = stage.get([origin.url()], environment);
    await run.until(() => held().split('\n').length > index + 1, 'a word to the system');
    const pid = Number(held().trimEnd().split('\n').at(-1));
    assert.ok(isThere(pid));
    run.signal(end as NodeJS.Signals);
    await run.exit();
    await until(
      () => !isThere(pid),
      () => `the machine is still kept awake after ${end}`,
    );
  }
  const run = stage.get([origin.url(), '--no-keep-awake', '--connections', '4'], environment);
  await run.finishes(file.sha256);
  assert.equal(held().trimEnd().split('\n').length, 2);
});
