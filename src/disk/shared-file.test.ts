import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MIN_PIECE_BYTES } from '../core/geometry.ts';
import { SharedFile } from './shared-file.ts';

const BYTES = randomBytes(2 * MIN_PIECE_BYTES + 1000);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

async function newDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'shared-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A file with `BYTES` that was last written a day ago, opened to be shared. */
async function shareFile(t: TestContext): Promise<SharedFile> {
  const path = join(await newDirectory(t), 'big.iso');
  await writeFile(path, BYTES);
  const yesterday = new Date(Date.now() - 86_400_000);
  await utimes(path, yesterday, yesterday);
  const file = await SharedFile.open(path);
  t.after(() => file[Symbol.asyncDispose]());
  return file;
}

const CHANGED = { code: 'origin-changed', message: /big\.iso has been changed/ };

test('the pieces and the whole are hashed as they are', async (t) => {
  const file = await shareFile(t);
  assert.equal(file.sizeBytes, BYTES.length);
  assert.equal(file.sha256, sha256(BYTES).toString('hex'));
  assert.equal(file.geometry.pieceCount, 3);
  const cut = [0, 1, 2].map((piece) =>
    BYTES.subarray(piece * MIN_PIECE_BYTES, (piece + 1) * MIN_PIECE_BYTES),
  );
  assert.deepEqual(
    file.pieces.map((hash) => Buffer.from(hash)),
    cut.map(sha256),
  );
});

test('an empty file has no pieces', async (t) => {
  const path = join(await newDirectory(t), 'empty');
  await writeFile(path, '');
  await using file = await SharedFile.open(path);
  assert.deepEqual([file.sizeBytes, file.pieces.length], [0, 0]);
  assert.equal(file.sha256, sha256(Buffer.alloc(0)).toString('hex'));
});

test('any bytes of it can be read, over the borders of pieces too', async (t) => {
  const file = await shareFile(t);
  const target = Buffer.alloc(2000);
  await file.read(target, MIN_PIECE_BYTES - 1000);
  assert.deepEqual(target, BYTES.subarray(MIN_PIECE_BYTES - 1000, MIN_PIECE_BYTES + 1000));
});

test('a file that is written to while it is shared is noticed at the next reading', async (t) => {
  const file = await shareFile(t);
  const other = Buffer.from(BYTES);
  other[5] = other[5]! ^ 1;
  await writeFile(file.path, other);
  await assert.rejects(file.read(Buffer.alloc(10), 0), CHANGED);
});

test('a file that has become shorter is noticed', async (t) => {
  const file = await shareFile(t);
  await truncate(file.path, 1000);
  await assert.rejects(file.read(Buffer.alloc(2000), 0), CHANGED);
  await assert.rejects(file.read(Buffer.alloc(10), 0), CHANGED);
});

test('a file that is replaced or removed under its name is read as it was', async (t) => {
  const file = await shareFile(t);
  const target = Buffer.alloc(100);
  const newer = `${file.path}.new`;
  await writeFile(newer, 'something else');
  await rename(newer, file.path);
  await file.read(target, 0);
  assert.deepEqual(target, BYTES.subarray(0, 100));
  await rm(file.path);
  await file.read(target, 100);
  assert.deepEqual(target, BYTES.subarray(100, 200));
});

test('the file is not written to, and who only reads may share it', async (t) => {
  const path = join(await newDirectory(t), 'big.iso');
  await writeFile(path, BYTES);
  await chmod(path, 0o444);
  const before = await stat(path, { bigint: true });
  await using file = await SharedFile.open(path);
  await file.read(Buffer.alloc(10), 0);
  const { mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  assert.deepEqual([mtimeNs, ctimeNs, ino], [before.mtimeNs, before.ctimeNs, before.ino]);
});

test('what is not there and what is no plain file is wrong usage', async (t) => {
  const directory = await newDirectory(t);
  await assert.rejects(SharedFile.open(join(directory, 'none')), {
    code: 'usage',
    message: /^There is no file /,
  });
  await assert.rejects(SharedFile.open(directory), { code: 'usage', message: / is not a plain file\.$/ });
});

test('how far the reading has come is told, and it can be stopped', async (t) => {
  const path = join(await newDirectory(t), 'big.iso');
  await writeFile(path, BYTES);
  const told: number[] = [];
  const stop = new AbortController();
  const onProgress = (readBytes: number, sizeBytes: number) => {
    assert.equal(sizeBytes, BYTES.length);
    told.push(readBytes);
    if (told.length === 2) stop.abort(new Error('enough'));
  };
  await assert.rejects(SharedFile.open(path, { onProgress, signal: stop.signal }), /enough/);
  assert.deepEqual(told, [MIN_PIECE_BYTES, 2 * MIN_PIECE_BYTES]);
});
