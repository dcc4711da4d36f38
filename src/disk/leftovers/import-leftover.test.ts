import assert from 'node:assert/strict';
import { mkdir, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Geometry } from '../../core/geometry.ts';
import { content, finish, options } from '../../testing/disk/leftovers.ts';
import {
  assertSameBytes,
  keepPiece,
  openPart,
  temporaryDirectory,
  writeRange,
} from '../../testing/disk/parts.ts';
import { importLeftover, type LeftoverOptions } from './import-leftover.ts';

const PIECE = 256 * 1024;

for (const pieceDigest of ['crc32', 'sha256'] as const) {
  test(`a bare beginning is gone on with, its size set in advance or not (${pieceDigest})`, async (t) => {
    for (const size of [11 * PIECE + 500, content.length]) {
      const directory = await temporaryDirectory(t);
      await writeFile(join(directory, 'file.bin'), content.subarray(0, 11 * PIECE + 500));
      await truncate(join(directory, 'file.bin'), size);
      const notices: string[] = [];
      const done = await importLeftover(options(directory, notices, { pieceDigest }));
      assert.equal(done?.bytes, 11 * PIECE);
      assert.ok(done.comparedBytes >= 8 * 16 * 1024 && done.comparedBytes <= done.bytes);
      assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin.dragonload']);
      assert.equal(await finish(t, directory, { pieceDigest }), 11);
      assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin']);
      assert.deepEqual(notices, []);
    }
  });
}

test('a hole in a bare file is fetched again', async (t) => {
  const directory = await temporaryDirectory(t);
  const bytes = Buffer.from(content);
  bytes.fill(0, 20 * PIECE + 16_384, 20 * PIECE + 32_768);
  await writeFile(join(directory, 'file.bin'), bytes);
  // The samples are beside it.
  const done = await importLeftover(
    options(directory, [], { randomBelow: (below) => Math.floor(below / 5) }),
  );
  assert.equal(done?.bytes, content.length - PIECE);
  assert.equal(await finish(t, directory), 40);
});

test('what differs from the origin anywhere that is looked at stays as it is', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  // The first and the last byte are always looked at, and the fifth window of eight begins in the middle.
  const length = 30 * PIECE;
  const randomBelow = () => 0;
  for (const at of [0, length - 1, length / 2, length / 2 + 16_383]) {
    const bytes = Buffer.from(content.subarray(0, length));
    bytes[at]! ^= 3;
    await writeFile(path, bytes);
    const notices: string[] = [];
    assert.equal(await importLeftover(options(directory, notices, { randomBelow })), undefined);
    assert.match(notices.join(), /file\.bin is left as it is: it differs from what the origin has/);
    assertSameBytes(await readFile(path), bytes);
    assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin']);
    assert.deepEqual(await readdir(join(directory, 'data', 'journals')), []);
  }
});

test('what cannot be a part of the file is left, and why is said', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  const refused = async (why: RegExp, changes: Partial<LeftoverOptions> = {}) => {
    const notices: string[] = [];
    const compare = () => Promise.reject(new Error('nobody should ask'));
    assert.equal(await importLeftover(options(directory, notices, { compare, ...changes })), undefined);
    assert.match(notices.join('|'), why);
  };
  await refused(/there is no .*file\.bin/);
  await writeFile(path, Buffer.concat([content, Buffer.of(1)]));
  await refused(/it has \d+ bytes, and the whole file \d+/);
  await writeFile(path, content.subarray(0, PIECE - 1));
  await refused(/no whole piece/);
  await writeFile(path, Buffer.alloc(content.length));
  await refused(/no whole piece/);
  await refused(/does not tell the size/, { geometry: new Geometry(undefined) });
  await writeFile(`${path}.aria2`, 'rubbish');
  await refused(/aria2 cannot be understood/);
  await rm(`${path}.aria2`);
  await rm(path);
  await writeFile(join(directory, 'elsewhere'), content);
  await symlink('elsewhere', path);
  await refused(/not a plain file/);
  await rm(path);
  await mkdir(path);
  await refused(/not a plain file/);
  assertSameBytes(await readFile(join(directory, 'elsewhere')), content);
});

test('a part that is there already is not replaced, whether somebody has it or not', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  const part = await openPart(t, directory, content);
  await writeRange(part, content, 0, PIECE);
  await keepPiece(part, content, 0);
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  await part[Symbol.asyncDispose]();
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  assert.match(notices[0]!, /another process/);
  assert.match(notices[1]!, /there is a part of an earlier download/);
  assert.equal((await openPart(t, directory, content)).resumed.length, 1);
  assertSameBytes(await readFile(join(directory, 'file.bin')), content);
});

test('a leftover that somebody writes meanwhile is left to him', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  const compare = async (start: number, end: number) => {
    const file = await open(join(directory, 'file.bin'), 'r+');
    await file.write(Buffer.of(1), 0, 1, 5 * PIECE);
    await file.close();
    return content.subarray(start, end);
  };
  const notices: string[] = [];
  assert.equal(
    await importLeftover(
      options(directory, notices, { compare, randomBelow: (below: number) => Math.floor(below * 0.9) }),
    ),
    undefined,
  );
  assert.match(notices.join(), /another program is writing it|differs/);
});

test('what the origin answers with an error, and a stop, leave the leftover', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  const compare = () => Promise.reject(new Error('gone'));
  await assert.rejects(importLeftover(options(directory, [], { compare })), { message: 'gone' });
  await assert.rejects(importLeftover(options(directory, [], { signal: AbortSignal.abort() })), {
    name: 'AbortError',
  });
  assertSameBytes(await readFile(join(directory, 'file.bin')), content);
  assert.equal((await importLeftover(options(directory, [])))?.bytes, content.length);
});

test('a leftover on another disk is not copied', { skip: process.platform !== 'linux' }, async (t) => {
  const directory = await temporaryDirectory(t);
  const elsewhere = `/dev/shm/dragonload-leftover-${process.pid}`;
  await writeFile(elsewhere, content);
  t.after(() => rm(elsewhere));
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices, { leftover: elsewhere })), undefined);
  assert.match(notices.join(), /another disk/);
});
