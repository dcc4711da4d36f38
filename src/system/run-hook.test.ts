import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { inProcess, pathOfOwn, putProgram, witness } from '../testing/system/programs.ts';
import { hookEnvironment, hookProblem, runHook } from './run-hook.ts';

const file = { path: '/x/a.iso', sizeBytes: 7, trust: 'publisher-verified' };

test('the program gets the path as its one argument and the rest in its environment', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(
    path,
    'done',
    `printf '%s|' "$#" "$@" "$DRAGONLOAD_PATH" "$DRAGONLOAD_URL" "$DRAGONLOAD_SIZE" \
      "$DRAGONLOAD_SHA256" "$DRAGONLOAD_TRUST" >"${log}"`,
  );
  const name = `-rf "$(touch x)" 'é' \`id\`;\n*.iso`;
  const url = 'https://alice:secret@a.example/b/c.iso?sig=1#k';
  const outcome = await runHook('done', { ...file, path: join(path, name), url, sha256: 'ab' });
  assert.deepEqual(outcome, { kind: 'done' });
  assert.deepEqual((await readFile(log, 'utf8')).split('|'), [
    '1',
    join(path, name),
    join(path, name),
    'https://a.example/b/c.iso',
    '7',
    'ab',
    'publisher-verified',
    '',
  ]);
});

test('a path that is relative reaches it as absolute', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(path, 'done', `echo "$1" >"${log}"`);
  await runHook('done', { ...file, path: '-rf' });
  assert.equal(await readFile(log, 'utf8'), `${process.cwd()}/-rf\n`);
});

test('what is not known, or no address that may be told, is empty', () => {
  const inherited = { DRAGONLOAD_URL: 'https://old.example/', HOME: '/home/alice' };
  const environment = hookEnvironment(file, inherited);
  assert.equal(environment.HOME, '/home/alice');
  assert.equal(environment.DRAGONLOAD_SHA256, '');
  assert.equal(environment.DRAGONLOAD_URL, '');
  for (const url of ['no address', `https://a.example/${'a'.repeat(9_000)}`]) {
    assert.equal(hookEnvironment({ ...file, url }, {}).DRAGONLOAD_URL, '');
  }
});

test('how it ended comes back', async (t) => {
  const path = await pathOfOwn(t);
  await putProgram(path, 'fails', 'exit 3');
  await putProgram(path, 'dies', 'kill -9 $$');
  const fails = await runHook('fails', file);
  assert.deepEqual(fails, { kind: 'failed', exitCode: 3 });
  assert.match(hookProblem('fails', fails) ?? '', /"fails".* exit code 3\.$/);
  const dies = await runHook(join(path, 'dies'), file);
  assert.deepEqual(dies, { kind: 'killed', signal: 'SIGKILL' });
  assert.match(hookProblem('dies', dies) ?? '', /SIGKILL\.$/);
  assert.equal(hookProblem('done', { kind: 'done' }), undefined);
});

test('a value with arguments in it is one program, and that there is none comes back with a hint', async (t) => {
  const path = await pathOfOwn(t);
  await putProgram(path, 'done', 'exit 0');
  const outcome = await runHook('done --flag', file);
  assert.equal(outcome.kind, 'not-started');
  assert.match(hookProblem('done --flag', outcome) ?? '', /neither .* put arguments into a script\.$/);
  await putProgram(path, 'done --flag', 'exit 0');
  assert.deepEqual(await runHook('done --flag', file), { kind: 'done' });
});

test('what the system will not run comes back', async (t) => {
  const path = await pathOfOwn(t);
  const broken = await putProgram(path, 'broken', 'exit 0');
  await putProgram(path, 'large', 'exit 0');
  const outcome = await runHook('large', { ...file, path: `/${'a'.repeat(200_000)}` });
  assert.match(hookProblem('large', outcome) ?? '', /cannot be started \(E2BIG\)\.$/);
  const nul = await runHook(broken, { ...file, path: '/a\0b' });
  assert.match(hookProblem(broken, nul) ?? '', /cannot be started \(ERR_INVALID_ARG_VALUE\)\.$/);
});

test('all its output goes to our stderr, and its input is empty', async (t) => {
  const path = await pathOfOwn(t);
  await putProgram(path, 'done', 'cat; echo out; echo err >&2');
  const ours = inProcess(
    t,
    `const { runHook } = await from('./run-hook.ts');
    console.log((await runHook('done', ${JSON.stringify(file)})).kind);`,
  );
  assert.deepEqual(await Promise.all([text(ours.stdout!), text(ours.stderr!)]), ['done\n', 'out\nerr\n']);
});

test('a Ctrl-C at our terminal does not reach it', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(
    path,
    'done',
    `read -r _ _ _ _ group _ </proc/$$/stat; echo $((group - $$)) >"${seen.file}"`,
  );
  assert.deepEqual(await runHook('done', file), { kind: 'done' });
  assert.equal(await seen.line(), '0');
});

test('aborted, it ends with all that it began', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'done', `exec 3>"${seen.file}"; echo up >&3; sleep 600; true`);
  const stop = new AbortController();
  const outcome = runHook('done', file, { signal: stop.signal });
  assert.equal(await seen.line(), 'up');
  stop.abort();
  assert.deepEqual(await outcome, { kind: 'aborted' });
  assert.equal(await seen.line(), undefined);
});

test('aborted, one that will not end is killed', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'done', `exec 3>"${seen.file}"; trap '' TERM; echo up >&3; exec sleep 600`);
  const stop = new AbortController();
  const outcome = runHook('done', file, { signal: stop.signal });
  assert.equal(await seen.line(), 'up');
  stop.abort();
  assert.deepEqual(await outcome, { kind: 'aborted' });
  assert.equal(await seen.line(), undefined);
});

test('already aborted, it is not begun', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(path, 'done', `echo begun >"${log}"`);
  assert.deepEqual(await runHook('done', file, { signal: AbortSignal.abort() }), { kind: 'aborted' });
  await assert.rejects(readFile(log), { code: 'ENOENT' });
});

test('it keeps this process alive until it has ended', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(path, 'done', `sleep 0.2; echo ended >"${log}"`);
  const ours = inProcess(t, `void (await from('./run-hook.ts')).runHook('done', ${JSON.stringify(file)});`);
  assert.deepEqual(await once(ours, 'exit'), [0, null]);
  assert.equal(await readFile(log, 'utf8'), 'ended\n');
});
