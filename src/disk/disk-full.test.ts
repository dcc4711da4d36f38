import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DragonloadError } from '../core/errors.ts';
import { pool } from './block-pool.ts';
import { bytesOf, keepPiece, openPart, temporaryDirectory, writeRange } from './test-kit.ts';

const PIECE = 256 * 1024;

test('a disk that fills up while writing stops the download and keeps what is there', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'dragonload-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    await rmdir(directory);
    return t.skip('a small file system cannot be mounted here');
  }
  try {
    await fillUp(t, directory);
  } finally {
    // Lazily, so that a part left open by a failure above does not hold it up.
    execFileSync('umount', ['-l', directory]);
    await rmdir(directory);
  }
});

async function fillUp(t: TestContext, directory: string): Promise<void> {
  const dataDir = await temporaryDirectory(t);
  const content = bytesOf(10 * PIECE);
  const errors: DragonloadError[] = [];
  const part = await openPart(t, directory, content, { dataDir, onError: (error) => errors.push(error) });
  await writeRange(part, content, 0, PIECE);
  await keepPiece(part, content, 0);
  // Somebody else takes the room that was there when the download began.
  await writeFile(join(directory, 'other'), bytesOf(2 * 1024 * 1024));
  await assert.rejects(writeRange(part, content, PIECE, content.length), { code: 'disk-full' });
  await assert.rejects(part.hash(1), { code: 'disk-full' });
  await assert.rejects(async () => part.writer(0, 10, () => {}).write(content), { code: 'disk-full' });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['disk-full'],
  );
  await part[Symbol.asyncDispose]();
  assert.equal(pool.taken, 0);
  assert.deepEqual((await readdir(directory)).sort(), ['file.bin.dragonload', 'other']);

  await assert.rejects(openPart(t, directory, content, { dataDir }), { code: 'disk-full', message: /free/ });
  await writeFile(join(directory, 'other'), '');
  const again = await openPart(t, directory, content, { dataDir });
  assert.deepEqual(
    again.resumed.map(({ piece }) => piece),
    [0],
  );
  await again[Symbol.asyncDispose]();
}
