import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertSameBytes,
  bytesOf,
  fill,
  keepPiece,
  openPart,
  readBack,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';

const PIECE = 256 * 1024;

test('all digests that were asked for are given, and those told only at the end', async (t) => {
  const content = bytesOf(6 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content, { digests: ['MD5', 'sha-512'] });
  await fill(part, content);
  const hex = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
  const { digests } = await part.finish([
    { algorithm: 'sha1', hex: hex('sha1').toUpperCase(), by: 'the test' },
  ]);
  assert.deepEqual(digests, {
    sha256: hex('sha256'),
    md5: hex('md5'),
    sha512: hex('sha512'),
    sha1: hex('sha1'),
  });
});

test('a digest that does not match keeps the part and gives no file', async (t) => {
  const directory = await temporaryDirectory(t);
  const content = bytesOf(2 * PIECE);
  const part = await openPart(t, directory, content);
  await fill(part, content);
  await assert.rejects(
    part.finish([{ algorithm: 'sha256', hex: '0'.repeat(64), by: '--checksum' }]),
    (thrown) => {
      assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'digest-mismatch');
      assert.match(thrown.message, /--checksum/);
      return true;
    },
  );
  await part[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(directory), ['data', 'file.bin.dragonload']);
  assertSameBytes(await readFile(join(directory, 'file.bin.dragonload')), content);
  assert.equal((await readdir(join(directory, 'data', 'journals'))).length, 1);
});

test('a file cannot be finished while pieces are missing', async (t) => {
  const content = bytesOf(2 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await writeRange(part, content, 0, content.length);
  await keepPiece(part, content, 1);
  await assert.rejects(part.finish(), { code: 'internal' });
});

test('an existing file is never overwritten, however many there are', async (t) => {
  const directory = await temporaryDirectory(t);
  const content = bytesOf(1000);
  await writeFile(join(directory, 'file.bin'), 'precious');
  await symlink('nowhere', join(directory, 'file (1).bin'));
  await mkdir(join(directory, 'file (2).bin'));
  const part = await openPart(t, directory, content);
  await fill(part, content);
  const { path } = await part.finish();
  assert.equal(path, join(directory, 'file (3).bin'));
  assert.equal(part.targetPath, path);
  assert.equal(await readFile(join(directory, 'file.bin'), 'utf8'), 'precious');
  assertSameBytes(await readFile(path), content);
});

test('the finished file can still be read from', async (t) => {
  const content = bytesOf(7 * PIECE + 5);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await fill(part, content);
  await part.finish();
  assertSameBytes(await readBack(part, PIECE - 1, content.length), content.subarray(PIECE - 1));
  await assert.rejects(readBack(part, 0, content.length + 1), { code: 'internal' });
});

test('an output path wins over the name, an existing directory takes the file in, and missing ones are made', async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, 'there'));
  const one = await openPart(t, directory, bytesOf(1), { output: 'new/deep/other.bin' });
  assert.equal(one.partPath, join(directory, 'new/deep/other.bin.dragonload'));
  const two = await openPart(t, directory, bytesOf(1), { output: 'there' });
  assert.equal(two.targetPath, join(directory, 'there/file.bin'));
});
