import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DragonloadError } from '../core/errors.ts';
import { Geometry } from '../core/geometry.ts';
import {
  assertSameBytes,
  bytesOf,
  fill,
  fillUp,
  keepPiece,
  openPart,
  sha256,
  smallDisk,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';
import { pool } from './files/block-pool.ts';
import { importLeftover } from './leftovers/import-leftover.ts';
import { saveWhole } from './save-whole.ts';

const PIECE = 256 * 1024;
const content = bytesOf(10 * PIECE);
const FIGURES = /has .* free, and the file needs .* more/;

test('a disk that fills up while writing stops the download and keeps what is there', async (t) => {
  const directory = await smallDisk(t, 'size=3m');
  if (directory === undefined) return;
  const dataDir = await temporaryDirectory(t);
  const errors: DragonloadError[] = [];
  const part = await openPart(t, directory, content, { dataDir, onError: (error) => errors.push(error) });
  await writeRange(part, content, 0, PIECE);
  await keepPiece(part, content, 0);
  // Somebody else takes the room that was there when the download began.
  await writeFile(join(directory, 'other'), bytesOf(2 * 1024 * 1024));
  await assert.rejects(writeRange(part, content, PIECE, content.length), {
    code: 'disk-full',
    message: FIGURES,
  });
  await assert.rejects(part.hash(1), { code: 'disk-full' });
  await assert.rejects(async () => part.writer(0, 10, () => {}).write(content), { code: 'disk-full' });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['disk-full'],
  );
  await part[Symbol.asyncDispose]();
  assert.equal(pool.taken, 0);
  assert.deepEqual((await readdir(directory)).sort(), ['file.bin.dragonload', 'other']);

  await assert.rejects(openPart(t, directory, content, { dataDir }), { code: 'disk-full', message: FIGURES });
  await writeFile(join(directory, 'other'), '');
  const again = await openPart(t, directory, content, { dataDir });
  assert.deepEqual(
    again.resumed.map(({ piece }) => piece),
    [0],
  );
  await again[Symbol.asyncDispose]();
});

test('a disk that is full at any byte of the part costs only what did not fit', async (t) => {
  const directory = await smallDisk(t, 'size=3m');
  if (directory === undefined) return;
  const dataDir = await temporaryDirectory(t);
  for (const leftBytes of [0, 4096, PIECE - 4096, PIECE, PIECE + 4096, 5 * PIECE + 8192, 10 * PIECE - 4096]) {
    const part = await openPart(t, directory, content, { dataDir });
    const other = fillUp(directory, leftBytes);
    let kept = 0;
    const writeAll = async () => {
      for (let piece = 0; piece < 10; piece++) {
        await writeRange(part, content, piece * PIECE, (piece + 1) * PIECE);
        await keepPiece(part, content, piece);
        kept++;
      }
    };
    await assert.rejects(writeAll(), { code: 'disk-full', message: FIGURES });
    await part[Symbol.asyncDispose]();
    assert.equal(kept, Math.floor(leftBytes / PIECE));
    await rm(other);
    const again = await openPart(t, directory, content, { dataDir });
    assert.equal(again.resumed.length, kept);
    await fill(again, content);
    const { path } = await again.finish();
    assertSameBytes(await readFile(path), content);
    await again[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(directory), ['file.bin']);
    await rm(path);
  }
});

test('a full disk of the journal stops the download, and what was noted is gone on with', async (t) => {
  const dataDir = await smallDisk(t, 'size=128k');
  if (dataDir === undefined) return;
  const directory = await temporaryDirectory(t);
  const many = bytesOf(60 * PIECE);
  for (const leftBytes of [0, 4096, 8192]) {
    const part = await openPart(t, directory, many, { dataDir });
    await writeRange(part, many, 0, many.length);
    const other = fillUp(dataDir, leftBytes);
    const keepAll = async () => {
      // Some 240 bytes each; 64 are written at once, and the rest in time.
      for (let piece = 0; piece < 60; piece++) await keepPiece(part, many, piece);
      await part[Symbol.asyncDispose]();
    };
    await keepAll();
    await rm(other);
    const again = await openPart(t, directory, many, { dataDir });
    const noted = again.resumed.length;
    assert.ok(noted >= Math.floor(leftBytes / 300) && noted < 60, `${noted} with ${leftBytes} left`);
    await fill(again, many);
    assert.equal((await again.finish()).sha256, sha256(many));
    await again[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(join(dataDir, 'journals')), []);
    await rm(join(directory, 'file.bin'));
  }
});

test('a part that cannot be noted is not begun, and leaves nothing behind', async (t) => {
  const dataDir = await smallDisk(t, 'size=64k');
  if (dataDir === undefined) return;
  const directory = await temporaryDirectory(t);
  let failures = 0;
  for (const leftBytes of [0, 4096, 8192, 12_288]) {
    const other = fillUp(dataDir, leftBytes);
    try {
      const part = await openPart(t, directory, content, { dataDir });
      await part.discard();
    } catch (thrown) {
      assert.equal((thrown as DragonloadError).code, 'disk-full');
      failures++;
    }
    assert.deepEqual(await readdir(directory), []);
    assert.deepEqual(await readdir(join(dataDir, 'journals')).catch(() => []), []);
    await rm(other);
  }
  assert.ok(failures > 0 && failures < 4);
});

test('a disk without room for a name keeps the complete part, and it gets its name when there is', async (t) => {
  const directory = await smallDisk(t, 'size=8m,nr_inodes=20');
  if (directory === undefined) return;
  const dataDir = await temporaryDirectory(t);
  for (const reopens of [false, true]) {
    let part = await openPart(t, directory, content, { dataDir });
    await fill(part, content);
    const taken: string[] = [];
    for (;;) {
      const path = join(directory, `taken ${taken.length}`);
      try {
        closeSync(openSync(path, 'wx'));
        taken.push(path);
      } catch {
        break;
      }
    }
    await assert.rejects(part.finish(), { code: 'disk-full' });
    assert.ok((await readdir(directory)).includes('file.bin.dragonload'));
    await rm(taken[0]!);
    if (reopens) {
      await part[Symbol.asyncDispose]();
      part = await openPart(t, directory, content, { dataDir });
      assert.equal(part.resumed.length, 10);
    }
    const { path } = await part.finish();
    assertSameBytes(await readFile(path), content);
    await part[Symbol.asyncDispose]();
    for (const name of await readdir(directory)) await rm(join(directory, name));
  }
});

test('a small file that does not fit leaves nothing behind, and is saved when it fits', async (t) => {
  const directory = await smallDisk(t, 'size=1m');
  if (directory === undefined) return;
  const dataDir = await temporaryDirectory(t);
  const bytes = bytesOf(300_000);
  const whole = { directory, fileName: 'small.bin', bytes, dataDir, expected: [] };
  for (const leftBytes of [0, 4096, 150_000, 290_000]) {
    const other = fillUp(directory, leftBytes);
    await assert.rejects(saveWhole(whole), { code: 'disk-full', message: FIGURES });
    assert.deepEqual(await readdir(directory), ['other']);
    await rm(other);
    const saved = await saveWhole(whole);
    assertSameBytes(await readFile(saved!.path), bytes);
    await rm(saved!.path);
  }
});

test('a leftover that cannot be noted stays as it is, and is imported when it can', async (t) => {
  const dataDir = await smallDisk(t, 'size=64k');
  if (dataDir === undefined) return;
  const directory = await temporaryDirectory(t);
  const leftover = join(directory, 'file.bin');
  const options = {
    ...{ leftover, directory, fileName: 'file.bin', url: 'http://origin.test/file.bin', dataDir },
    identity: { sizeBytes: content.length, etag: '"one"', lastModified: undefined },
    geometry: new Geometry(content.length),
    pieceDigest: 'sha256' as const,
    compare: async (start: number, end: number) => content.subarray(start, end),
    onNotice: (notice: string) => assert.fail(notice),
  };
  writeFileSync(leftover, content.subarray(0, 9 * PIECE));
  for (const leftBytes of [0, 4096]) {
    const other = fillUp(dataDir, leftBytes);
    await assert.rejects(importLeftover(options), { code: 'disk-full' });
    assertSameBytes(await readFile(leftover), content.subarray(0, 9 * PIECE));
    assert.deepEqual(await readdir(directory), ['file.bin']);
    assert.deepEqual(await readdir(join(dataDir, 'journals')).catch(() => []), []);
    await rm(other);
  }
  assert.equal((await importLeftover(options))?.bytes, 9 * PIECE);
});
