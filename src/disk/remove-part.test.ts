import assert from 'node:assert/strict';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOf, openPart, temporaryDirectory, writeRange } from '../testing/disk/parts.ts';
import { journalPathOf } from './journal/journal.ts';
import { partOf, removePart } from './remove-part.ts';

const content = bytesOf(600_000);

test('a part is removed with its journal, by whatever way it is reached', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataDir = join(directory, 'data');
  const part = await openPart(t, join(directory, 'real'), content, { dataDir });
  await writeRange(part, content, 0, content.length);
  await part[Symbol.asyncDispose]();
  await symlink('real', join(directory, 'alias'));
  const reached = await partOf(join(directory, 'alias', 'file.bin'));
  assert.equal(reached, part.partPath);
  assert.equal(await removePart(join(directory, 'alias', 'file.bin.dragonload'), dataDir), true);
  assert.deepEqual(await readdir(join(directory, 'real')), []);
  assert.deepEqual(await readdir(join(dataDir, 'journals')), []);
  assert.equal(await removePart(part.partPath, dataDir), false);
});

test('a part that a process has is not removed', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataDir = join(directory, 'data');
  const part = await openPart(t, directory, content);
  await assert.rejects(removePart(part.partPath, dataDir), { code: 'part-busy' });
  await writeRange(part, content, 0, content.length);
});

test('what is not ours, or cannot be told to be, is not removed', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataDir = join(directory, 'data');
  const foreign = join(directory, 'foreign.dragonload');
  await writeFile(foreign, 'precious');
  assert.equal(await removePart(foreign, dataDir), false);
  assert.equal(await removePart(join(directory, 'foreign'), dataDir), false);
  const part = await openPart(t, directory, content);
  await part[Symbol.asyncDispose]();
  await writeFile(journalPathOf(dataDir, part.partPath), 'rubbish\n');
  assert.equal(await removePart(part.partPath, dataDir), false);
  assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin.dragonload', 'foreign.dragonload']);
  assert.equal(await readFile(foreign, 'utf8'), 'precious');
});

test('a link put in the place of the part is left, and so is what it leads to', async (t) => {
  const directory = await temporaryDirectory(t);
  const part = await openPart(t, directory, content);
  await part[Symbol.asyncDispose]();
  await writeFile(join(directory, 'victim'), 'precious');
  await rm(part.partPath);
  await symlink(join(directory, 'victim'), part.partPath);
  assert.equal(await removePart(part.partPath, join(directory, 'data')), true);
  assert.equal(await readFile(part.partPath, 'utf8'), 'precious');
});

test('a part is removed after its directory is gone', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataDir = join(directory, 'data');
  const part = await openPart(t, join(directory, 'gone'), content, { dataDir });
  await part[Symbol.asyncDispose]();
  await rm(join(directory, 'gone'), { recursive: true });
  assert.equal(await removePart(part.partPath, dataDir), true);
  assert.deepEqual(await readdir(join(dataDir, 'journals')), []);
});
