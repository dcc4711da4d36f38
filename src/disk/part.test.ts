import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../core/geometry.ts';
import {
  assertSameBytes,
  bytesOf,
  fill,
  keepPiece,
  openPart,
  readBack,
  recordOf,
  sha256,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';
import { type Block, pool } from './files/block-pool.ts';
import { Part } from './part.ts';

const PIECE = 256 * 1024;

for (const sizeBytes of [0, 1, 1024, PIECE, PIECE + 1, 5 * PIECE - 3, 9 * PIECE + 77]) {
  test(`a file of ${sizeBytes} bytes is written, named and leaves nothing else behind`, async (t) => {
    const directory = await temporaryDirectory(t);
    const content = bytesOf(sizeBytes);
    const part = await openPart(t, directory, content);
    await fill(part, content);
    const done = await part.finish();
    assert.equal(done.path, join(directory, 'file.bin'));
    assert.equal(done.sha256, sha256(content));
    assertSameBytes(await readFile(done.path), content);
    await part[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(directory), ['data', 'file.bin']);
    assert.deepEqual(await readdir(join(directory, 'data', 'journals')), []);
    assert.equal(pool.taken, 0);
  });
}

for (const pieceDigest of ['sha256', 'crc32'] as const) {
  test(`pieces may arrive in any order, in chunks of any size, split over any number of writers (${pieceDigest})`, async (t) => {
    const directory = await temporaryDirectory(t);
    const content = bytesOf(6 * PIECE + 1234);
    const geometry = new Geometry(content.length);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: content.length - 1 }), { maxLength: 12 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        cuts,
        fc.integer({ min: 1000, max: 300_000 }),
        fc.infiniteStream(fc.nat()),
        async (at, chunkBytes, dice) => {
          const roll = () => dice.next().value ?? 0;
          const edges = [0, ...at.toSorted((a, b) => a - b), content.length];
          await using part = await openPart(t, directory, content, { fileName: `${++run}.bin`, pieceDigest });
          const seen: number[] = [];
          const streams = edges.slice(1).map((end, index) => {
            const start = edges[index] ?? 0;
            let reported = start;
            const writer = part.writer(start, end, (from, to) => {
              assert.equal(from, reported);
              reported = to;
              seen.push(to - from);
            });
            return { start, end, writer, reported: () => reported };
          });
          const open = [...streams];
          while (open.length > 0) {
            const index = roll() % open.length;
            const { writer, end } = open[index]!;
            await writer.write(content.subarray(writer.offset, Math.min(end, writer.offset + chunkBytes)));
            if (writer.offset === end) open.splice(index, 1);
          }
          await Promise.all(streams.map(({ writer }) => writer.close()));
          for (const { end, reported } of streams) assert.equal(reported(), end);
          assert.equal(
            seen.reduce((sum, bytes) => sum + bytes, 0),
            content.length,
          );
          const pieces = Array.from({ length: geometry.pieceCount ?? 0 }, (_, piece) => piece).sort(
            () => (roll() % 3) - 1,
          );
          for (const piece of pieces) {
            assertSameBytes(await part.hash(piece), recordOf(content, geometry, piece, pieceDigest).sha256);
            await keepPiece(part, content, piece);
          }
          assert.equal((await part.finish()).sha256, sha256(content));
        },
      ),
      { numRuns: 25 },
    );
    assert.equal(pool.taken, 0);
  });
}

test('a kept piece cannot be overwritten by a stream that comes late', async (t) => {
  const content = bytesOf(3 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await fill(part, content);
  let written = 0;
  const late = part.writer(0, content.length, (start, end) => {
    written += end - start;
  });
  await late.write(Buffer.alloc(content.length, 0xee));
  await late.close();
  assert.equal(written, content.length);
  const done = await part.finish();
  assert.equal(done.sha256, sha256(content));
});

test('a piece that was written to after it was hashed is hashed again before it is kept', async (t) => {
  const content = bytesOf(5 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await writeRange(part, content, 0, PIECE);
  const hash = await part.hash(0);
  await writeRange(part, Buffer.alloc(content.length, 1), 100, 200);
  const record = recordOf(content, part.geometry, 0);
  assertSameBytes(hash, record.sha256);
  await assert.rejects(part.keep(record), { code: 'internal' });
  await writeRange(part, content, 0, PIECE);
  await part.keep(record);
});

test('the hash is of what lies on the disk when two streams wrote the same piece', async (t) => {
  const content = bytesOf(5 * PIECE);
  const wrong = Buffer.alloc(content.length, 9);
  const part = await openPart(t, await temporaryDirectory(t), content);
  const one = part.writer(0, PIECE, () => {});
  await one.write(content.subarray(0, PIECE - 10));
  await writeRange(part, wrong, PIECE - 100, PIECE - 50);
  await one.write(content.subarray(PIECE - 10, PIECE));
  await one.close();
  const found = await readBack(part, 0, PIECE);
  assert.equal(Buffer.from(await part.hash(0)).toString('hex'), sha256(found));
});

test('a bad piece that one stream writes anew is hashed as it is then', async (t) => {
  const content = bytesOf(5 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await writeRange(part, Buffer.alloc(content.length, 9), PIECE, 2 * PIECE);
  assert.notEqual(Buffer.compare(await part.hash(1), recordOf(content, part.geometry, 1).sha256), 0);
  await writeRange(part, content, PIECE, 2 * PIECE);
  assertSameBytes(await part.hash(1), recordOf(content, part.geometry, 1).sha256);
});

test('nothing is written at or past the end of a writer, nor reported past where it was trimmed', async (t) => {
  const content = bytesOf(5 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  let reported = 0;
  const writer = part.writer(0, 1000, (_start, end) => {
    reported = end;
  });
  await writer.write(content.subarray(0, 600));
  writer.trim(500);
  await writer.write(content.subarray(600, 5000));
  writer.trim(2000);
  await writer.close();
  assert.equal(writer.offset, 500);
  assert.equal(reported, 500);
  assertSameBytes(
    await readBack(part, 0, 1000),
    Buffer.concat([content.subarray(0, 500), Buffer.alloc(500)]),
  );
});

test('a slow stream is written before its block is full', async (t) => {
  const content = bytesOf(5 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  const written = Promise.withResolvers<number>();
  const writer = part.writer(0, PIECE, (_start, end) => written.resolve(end));
  await writer.write(content.subarray(0, 300));
  // Only the linger timer can resolve this; it does not keep a process alive, so the test has to.
  const alive = setInterval(() => {}, 1000);
  assert.equal(await written.promise, 300);
  clearInterval(alive);
  await writer.close();
});

test('a stream of unknown length ends where it ends', async (t) => {
  const directory = await temporaryDirectory(t);
  const content = bytesOf(4 * 1024 * 1024 + 99);
  const part = await openPart(t, directory, content, {
    geometry: new Geometry(undefined),
    identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
  });
  const writer = part.writer(0, undefined, () => {});
  for (let at = 0; at < content.length; at += 100_000) await writer.write(content.subarray(at, at + 100_000));
  await writer.close();
  for (let piece = 0; piece < 4; piece++) await keepPiece(part, content, piece);
  await part.setSize(content.length);
  assert.equal(part.geometry.pieceCount, 5);
  await keepPiece(part, content, 4);
  assert.equal((await part.finish()).sha256, sha256(content));
  assertSameBytes(await readFile(join(directory, 'file.bin')), content);
});

test('an empty stream of unknown length is an empty file', async (t) => {
  const directory = await temporaryDirectory(t);
  const part = await openPart(t, directory, new Uint8Array(), { geometry: new Geometry(undefined) });
  await part.setSize(0);
  assert.equal((await part.finish()).sha256, sha256(new Uint8Array()));
  assertSameBytes(await readFile(join(directory, 'file.bin')), Buffer.alloc(0));
});

test('a size that contradicts the known one is refused', async (t) => {
  const part = await openPart(t, await temporaryDirectory(t), bytesOf(1000));
  await part.setSize(1000);
  await assert.rejects(part.setSize(1001), { code: 'origin-changed' });
});

test('a digest of an unknown kind is refused before anything is made', async (t) => {
  const directory = await temporaryDirectory(t);
  await assert.rejects(openPart(t, directory, bytesOf(1), { digests: ['crc7'] }), { code: 'usage' });
  assert.deepEqual(await readdir(directory), []);
});

test('discarding leaves nothing', async (t) => {
  const directory = await temporaryDirectory(t);
  const content = bytesOf(3 * PIECE);
  const part = await openPart(t, directory, content);
  await writeRange(part, content, 0, PIECE);
  await part.discard();
  assert.deepEqual(await readdir(directory), ['data']);
  assert.deepEqual(await readdir(join(directory, 'data', 'journals')), []);
});

test('a place that is no directory, or may not be written to, is unwritable', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'plain'), '');
  await assert.rejects(openPart(t, join(directory, 'plain'), bytesOf(1)), { code: 'unwritable' });
  if (process.getuid?.() === 0) return t.diagnostic('root may write everywhere: permissions not tried');
  await mkdir(join(directory, 'closed'));
  await chmod(join(directory, 'closed'), 0o500);
  const dataDir = join(directory, 'data');
  await assert.rejects(openPart(t, join(directory, 'closed'), bytesOf(1), { dataDir }), {
    code: 'unwritable',
  });
});

test('more than the disk has is refused before a byte is written', async (t) => {
  const directory = await temporaryDirectory(t);
  const sizeBytes = 2 ** 43;
  const opened = Part.open({
    directory,
    fileName: 'huge.bin',
    url: 'http://origin.test/huge',
    identity: { sizeBytes, etag: '"h"', lastModified: undefined },
    geometry: new Geometry(sizeBytes),
    dataDir: join(directory, 'data'),
  });
  await assert.rejects(opened, { code: 'disk-full', message: /free, and the file needs 8\.80 TB more/ });
  assert.deepEqual(await readdir(directory), ['data']);
});

test('when all blocks are taken a writer waits, loses nothing, and goes on', async (t) => {
  const content = bytesOf(8 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  const taken: Block[] = [];
  for (let block = pool.take(); block !== undefined; block = pool.take()) taken.push(block);
  const writer = part.writer(0, content.length, () => {});
  const waiting = writer.write(content.subarray(0, 5 * PIECE + 7));
  assert.ok(waiting instanceof Promise);
  assert.equal(writer.offset, 0);
  for (const block of taken) pool.give(block);
  await waiting;
  assert.equal(writer.offset, 5 * PIECE + 7);
  await writer.write(content.subarray(writer.offset));
  await writer.close();
  assertSameBytes(await readBack(part, 0, content.length), content);
  // The hash thread gives its blocks back in its own time.
  await part[Symbol.asyncDispose]();
  assert.equal(pool.taken, 0);
});

test('after disposal nothing can be done with a part', async (t) => {
  const part = await openPart(t, await temporaryDirectory(t), bytesOf(2 * 1024 * 1024));
  await part[Symbol.asyncDispose]();
  await part[Symbol.asyncDispose]();
  assert.throws(() => part.writer(0, 1, () => {}), { code: 'internal' });
  await assert.rejects(part.hash(0), { code: 'internal' });
  await assert.rejects(part.finish(), { code: 'internal' });
});
