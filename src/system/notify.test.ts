import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathOfOwn, putProgram, witness } from '../testing/system/programs.ts';
import { notificationCommand, notify } from './notify.ts';

const HOSTILE = '--help "$(touch x)" \' `id` \\n <b>&\n\x1b[31m\u202Egpj.exe';

test('notify-send gets the texts as arguments, the body as markup that shows it as it is', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(path, 'notify-send', `printf '%s\\n' "$@" >"${log}"`);
  assert.equal(await notify(HOSTILE, HOSTILE), true);
  assert.deepEqual((await readFile(log, 'utf8')).split('\n'), [
    '--app-name=Dragonload',
    '--',
    `--help "$(touch x)" ' \`id\` \\n <b>& ·[31m·gpj.exe`,
    `--help "$(touch x)" ' \`id\` \\\\n &lt;b&gt;&amp; ·[31m·gpj.exe`,
    '',
  ]);
});

test('osascript gets the texts as arguments, never as part of the script', () => {
  const { args } = notificationCommand('darwin', HOSTILE, HOSTILE, {});
  const shown = `--help "$(touch x)" ' \`id\` \\n <b>& ·[31m·gpj.exe`;
  assert.deepEqual(args.slice(-3), ['--', shown, shown]);
  assert.deepEqual(args.slice(0, -3), notificationCommand('darwin', 'a', 'b', {}).args.slice(0, -3));
});

test('PowerShell gets the texts by its environment, never as part of the script', () => {
  const hostile = notificationCommand('win32', HOSTILE, 'b', {});
  assert.deepEqual(hostile.args, notificationCommand('win32', 'a', 'b', {}).args);
  assert.deepEqual(hostile.env, {
    DRAGONLOAD_TITLE: `--help "$(touch x)" ' \`id\` \\n <b>& ·[31m·gpj.exe`,
    DRAGONLOAD_BODY: 'b',
  });
});

test('long texts are cut', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  await putProgram(path, 'notify-send', `printf '%s\\n' "$@" >"${log}"`);
  assert.equal(await notify('a'.repeat(1e6), '🐉'.repeat(1e6)), true);
  const [, , title = '', body = ''] = (await readFile(log, 'utf8')).split('\n');
  assert.deepEqual([[...title].length, [...body].length], [100, 300]);
});

test('where nothing shows it, that is no failure', async (t) => {
  const path = await pathOfOwn(t);
  await putProgram(path, 'notify-send', 'exit 1');
  assert.equal(await notify('a', 'b'), false);
  process.env.PATH = join(path, 'nowhere');
  assert.equal(await notify('a', 'b'), false);
});

test('one that hangs is ended with all that it began', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'notify-send', `exec 3>"${seen.file}"; echo up >&3; sleep 600; true`);
  const shown = notify('a', 'b', 1_000);
  assert.equal(await seen.line(), 'up');
  assert.equal(await shown, false);
  assert.equal(await seen.line(), undefined);
});
