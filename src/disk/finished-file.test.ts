import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOf, sha256, temporaryDirectory } from '../testing/disk/parts.ts';
import { fileDigests } from './finished-file.ts';

async function sameFile(
  path: string,
  { algorithm, hex }: { readonly algorithm: string; readonly hex: string },
  options?: Parameters<typeof fileDigests>[2],
): Promise<boolean> {
  return (await fileDigests(path, [algorithm], options))?.[0] === hex.toLowerCase();
}

test('a file is the same when its digest is', async (t) => {
  const directory = await temporaryDirectory(t);
  for (const length of [0, 1, 3 * 1024 * 1024 + 5]) {
    const path = join(directory, `${length}`);
    const bytes = bytesOf(length);
    await writeFile(path, bytes);
    const md5 = createHash('md5').update(bytes).digest('hex').toUpperCase();
    const digest = { algorithm: 'sha-256', hex: sha256(bytes) };
    assert.equal(await sameFile(path, digest), true);
    assert.equal(await sameFile(path, { algorithm: 'md5', hex: md5 }, { sizeBytes: length }), true);
    assert.equal(await sameFile(path, digest, { sizeBytes: length + 1 }), false);
    assert.equal(await sameFile(path, { algorithm: 'sha256', hex: '0'.repeat(64) }), false);
  }
});

test('nothing, a dangling link and a directory are no file', async (t) => {
  const directory = await temporaryDirectory(t);
  const digest = { algorithm: 'sha256', hex: sha256(new Uint8Array()) };
  await mkdir(join(directory, 'directory'));
  await symlink('nowhere', join(directory, 'dangling'));
  await symlink('loop', join(directory, 'loop'));
  for (const name of ['nothing', 'directory', 'dangling', 'loop', 'directory/x/y'])
    assert.equal(await sameFile(join(directory, name), digest), false, name);
});

test('the comparison can be stopped, and knows its digests', async (t) => {
  const path = join(await temporaryDirectory(t), 'file');
  await writeFile(path, 'x');
  const digest = { algorithm: 'sha256', hex: '0'.repeat(64) };
  await assert.rejects(sameFile(path, digest, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await assert.rejects(sameFile(path, { algorithm: 'crc7', hex: '' }), { code: 'usage' });
});

test('several digests are taken in one read, in the order in which they are asked for', async (t) => {
  const path = join(await temporaryDirectory(t), 'file');
  const bytes = bytesOf(1_500_000);
  await writeFile(path, bytes);
  const md5 = createHash('md5').update(bytes).digest('hex');
  assert.deepEqual(await fileDigests(path, ['md5', 'sha256']), [md5, sha256(bytes)]);
});
