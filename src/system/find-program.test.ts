import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathOfOwn, putProgram } from '../testing/system/programs.ts';
import { findProgram, programCandidates } from './find-program.ts';

test('a name is looked for on PATH, and nowhere that depends on the current directory', () => {
  const env = { PATH: '/opt/bin::.:bin:/usr/bin' };
  assert.deepEqual(programCandidates('notify-done', env, 'linux'), [
    '/opt/bin/notify-done',
    '/usr/bin/notify-done',
  ]);
  const windows = { Path: '.;C:\\Tools;;D:\\x' };
  assert.deepEqual(programCandidates('done.exe', windows, 'win32'), [
    'C:\\Tools\\done.exe',
    'D:\\x\\done.exe',
  ]);
});

test('a path is taken as it is', () => {
  assert.deepEqual(programCandidates('./done', { PATH: '/bin' }, 'linux'), ['./done']);
  assert.deepEqual(programCandidates('.\\done.exe', {}, 'win32'), ['.\\done.exe']);
  assert.deepEqual(programCandidates('C:done', {}, 'win32')[0], 'C:done.exe');
});

test('on Windows, only endings that run without a shell come first, and no other is let through', () => {
  const names = programCandidates('done', { PATH: 'C:\\t' }, 'win32');
  assert.deepEqual(names, ['C:\\t\\done.exe', 'C:\\t\\done.com', 'C:\\t\\done.cmd', 'C:\\t\\done.bat']);
  for (const batch of ['.\\a.bat', '.\\a.CMD', '.\\a.bat. .']) {
    assert.deepEqual(programCandidates(batch, {}, 'win32'), [batch]);
  }
  assert.ok(!programCandidates('.\\a.ps1', {}, 'win32').includes('.\\a.ps1'));
});

test('what no program can be called stands for none', async () => {
  assert.deepEqual(await findProgram('', process.env), { kind: 'missing' });
  assert.deepEqual(await findProgram('a\0b', process.env), { kind: 'missing' });
});

test('the first that may be run is found; directories and other files are passed over', async (t) => {
  const path = await pathOfOwn(t);
  const [one, two, three] = ['one', 'two', 'three'].map((name) => join(path, name));
  for (const directory of [one, two, three]) await mkdir(directory!);
  await mkdir(join(one!, 'done'));
  await writeFile(join(two!, 'done'), '');
  const file = await putProgram(three!, 'done', '');
  const env = { PATH: [one, two, three].join(':') };
  assert.deepEqual(await findProgram('done', env), { kind: 'found', file });
  assert.deepEqual(await findProgram(join(two!, 'done'), env), { kind: 'missing' });
});
