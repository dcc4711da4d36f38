import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { inProcess, pathOfOwn, putProgram, type Witness, witness } from '../testing/system/programs.ts';
import { keepAwake, waysToStayAwake } from './keep-awake.ts';

/** Runs the command it is given, as systemd-inhibit does, and is seen by the witness as long as that lives. */
const inhibit = ({ file }: Witness) =>
  `exec 3>"${file}"
  echo "$*" >&3
  read -r _ _ _ _ group _ </proc/$$/stat
  test "$group" = $$ && echo 'a group of its own' >&3
  shift 4
  "$@"`;

/** What is waited for keeps no process alive, so the test must. */
function stayUp(t: TestContext): void {
  const timer = setInterval(() => {}, 60_000);
  t.after(() => clearInterval(timer));
}

test('while it is held, systemd-inhibit runs with what to inhibit and why; then it is gone', async (t) => {
  stayUp(t);
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'systemd-inhibit', inhibit(seen));
  const notices: string[] = [];
  {
    await using awake = keepAwake('fetching "a"\n --b', (notice) => notices.push(notice));
    assert.equal(
      await seen.line(),
      '--what=idle:sleep --who=Dragonload --why=fetching "a" --b --mode=block cat',
    );
    assert.equal(await seen.line(), 'a group of its own');
    assert.equal(await awake.held, true);
  }
  assert.equal(await seen.line(), undefined);
  assert.deepEqual(notices, []);
});

test('it ends with a process that is killed', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'systemd-inhibit', inhibit(seen));
  const holder = inProcess(
    t,
    `const { keepAwake } = await from('./keep-awake.ts');
    setInterval(() => {}, 60_000);
    console.log(await keepAwake('a test').held);`,
  );
  const [held] = await once(holder.stdout!, 'data');
  assert.equal(String(held), 'true\n');
  assert.match((await seen.line()) ?? '', /idle:sleep/);
  holder.kill('SIGKILL');
  assert.equal(await seen.line(), 'a group of its own');
  assert.equal(await seen.line(), undefined);
});

test('it ends with its process even if another child of that lives on', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'systemd-inhibit', inhibit(seen));
  const holder = inProcess(
    t,
    `const { keepAwake } = await from('./keep-awake.ts');
    const { spawn } = await import('node:child_process');
    setInterval(() => {}, 60_000);
    await keepAwake('a test').held;
    const other = spawn('sleep', ['600'], { stdio: 'ignore' });
    other.once('spawn', () => console.log(other.pid));`,
  );
  const [other] = await once(holder.stdout!, 'data');
  t.after(() => process.kill(Number(other), 'SIGKILL'));
  assert.match((await seen.line()) ?? '', /idle:sleep/);
  assert.equal(await seen.line(), 'a group of its own');
  holder.kill('SIGKILL');
  assert.equal(await seen.line(), undefined);
});

test('it keeps no process alive, not even while it has not answered', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'systemd-inhibit', `${inhibit(seen)} >/dev/null`);
  const holder = inProcess(t, `(await from('./keep-awake.ts')).keepAwake('a test');`);
  assert.deepEqual(await once(holder, 'exit'), [0, null]);
  assert.match((await seen.line()) ?? '', /idle:sleep/);
  assert.equal(await seen.line(), 'a group of its own');
  assert.equal(await seen.line(), undefined);
});

test('it has none of our input and output', async (t) => {
  const path = await pathOfOwn(t);
  await putProgram(path, 'systemd-inhibit', 'echo noise >&2; shift 4; "$@"; echo noise; echo noise >&2');
  const holder = inProcess(
    t,
    `const { keepAwake } = await from('./keep-awake.ts');
    const alive = setInterval(() => {}, 60_000);
    const awake = keepAwake('a test');
    console.log(await awake.held);
    await awake[Symbol.asyncDispose]();
    clearInterval(alive);`,
  );
  assert.deepEqual(await Promise.all([text(holder.stdout!), text(holder.stderr!)]), ['true\n', '']);
});

test('where sleep may not be inhibited, idling is', async (t) => {
  stayUp(t);
  const path = await pathOfOwn(t);
  const refuses = 'case "$1" in *sleep) exit 1;; esac; shift 4; "$@"';
  await putProgram(path, 'systemd-inhibit', refuses);
  await using awake = keepAwake('a test', assert.fail);
  assert.equal(await awake.held, true);
});

test('where nothing may be inhibited, one notice says so and nothing is tried again', async (t) => {
  stayUp(t);
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(path, 'systemd-inhibit', `echo "$1" >>"${log}"; exit 1`);
  const notices: string[] = [];
  await using awake = keepAwake('a test', (notice) => notices.push(notice));
  assert.equal(await awake.held, false);
  assert.equal(await readFile(log, 'utf8'), '--what=idle:sleep\n--what=idle\n');
  assert.match(
    notices.join(),
    /^The machine may fall asleep meanwhile: systemd-inhibit refuses\. See: .*true$/,
  );
});

test('where there is no systemd-inhibit, one notice says so', async (t) => {
  stayUp(t);
  process.env.PATH = await pathOfOwn(t);
  const notices: string[] = [];
  await using awake = keepAwake('a test', (notice) => notices.push(notice));
  assert.equal(await awake.held, false);
  assert.match(notices.join(), /^The machine may fall asleep meanwhile: there is no systemd-inhibit .*\.$/);
});

test('when it is taken away, one notice says so', async (t) => {
  stayUp(t);
  const path = await pathOfOwn(t);
  await putProgram(path, 'systemd-inhibit', 'exec head -n 1');
  const notice = await new Promise<string>((resolve) => keepAwake('a test', resolve));
  assert.equal(notice, 'The machine may fall asleep from now on: systemd-inhibit has ended.');
});

test('one that does not heed its end is killed', async (t) => {
  stayUp(t);
  const path = await pathOfOwn(t);
  const seen = witness(path);
  const stubborn = `exec 3>"${seen.file}"; trap '' TERM; echo up >&3; echo held; exec sleep 600`;
  await putProgram(path, 'systemd-inhibit', stubborn);
  {
    await using awake = keepAwake('a test', assert.fail);
    assert.equal(await awake.held, true);
  }
  assert.equal(await seen.line(), 'up');
  assert.equal(await seen.line(), undefined);
});

test('given up before it is held, it says nothing', async (t) => {
  stayUp(t);
  const path = await pathOfOwn(t);
  await putProgram(path, 'systemd-inhibit', 'exit 1');
  const awake = keepAwake('a test', assert.fail);
  await awake[Symbol.asyncDispose]();
  assert.equal(await awake.held, false);
});

test('caffeinate waits for this process', () => {
  const [means, ...others] = waysToStayAwake('darwin', 'a test', 4711, {});
  assert.deepEqual([means?.file, means?.args], ['/usr/bin/caffeinate', ['-i', '-w', '4711']]);
  assert.deepEqual(others, []);
});

test('on Windows, PowerShell asks for the system to stay up until its stdin ends', () => {
  const [means, ...others] = waysToStayAwake('win32', "a 'test'", 4711, { SystemRoot: 'D:\\Win' });
  assert.equal(means?.file, 'D:\\Win\\System32\\WindowsPowerShell\\v1.0\\powershell.exe');
  const script = Buffer.from(means.args.at(-1)!, 'base64').toString('utf16le');
  // ES_CONTINUOUS | ES_SYSTEM_REQUIRED
  assert.match(script, new RegExp(`SetThreadExecutionState\\(\\[uint32\\]${0x8000_0001}\\)`));
  assert.match(script, /In\.ReadToEnd\(\)/);
  assert.deepEqual(others, []);
});
