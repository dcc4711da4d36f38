import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../testing/disk/parts.ts';
import { makeDirectory } from './make-directory.ts';

test('directories are made as far as they are missing, by any number of processes at once', async (t) => {
  const path = join(await temporaryDirectory(t), 'a', 'b', 'c');
  await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(join(path, 'd'))]);
  await makeDirectory(path);
  assert.ok((await stat(join(path, 'd'))).isDirectory());
});

test('a file in the way is an error', async (t) => {
  const file = join(await temporaryDirectory(t), 'file');
  await writeFile(file, '');
  await assert.rejects(makeDirectory(file), { code: 'EEXIST' });
  await assert.rejects(makeDirectory(join(file, 'below')), { code: 'ENOTDIR' });
});

test('a file system that makes no directories is an error, not a wait', {
  skip: process.platform !== 'linux',
}, async () => {
  await assert.rejects(makeDirectory('/proc/nowhere/at-all'), { code: 'ENOENT' });
});
