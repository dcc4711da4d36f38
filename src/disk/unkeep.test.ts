import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  assertSameBytes,
  bytesOf,
  fill,
  keepPiece,
  openPart,
  recordOf,
  sha256,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';

const PIECE = 256 * 1024;

for (const pieceDigest of ['sha256', 'crc32'] as const) {
  test(`a piece that is unkept is written anew, and counts in the digest of the whole file as it is then (${pieceDigest})`, async (t) => {
    const directory = await temporaryDirectory(t);
    const content = bytesOf(8 * PIECE + 5);
    const wrong = bytesOf(content.length, 2);
    const part = await openPart(t, directory, content, { pieceDigest });
    await fill(part, wrong);
    for (const piece of [0, 3, 8]) part.unkeep(piece);
    await assert.rejects(part.finish(), { code: 'internal' });
    for (let piece = 0; piece < 9; piece++) {
      part.unkeep(piece);
      await writeRange(part, content, part.geometry.startOf(piece), part.geometry.endOf(piece));
      await keepPiece(part, content, piece);
    }
    const done = await part.finish();
    assert.equal(done.sha256, sha256(content));
    assertSameBytes(await readFile(done.path), content);
  });
}

test('a piece that is unkept while it is being kept is not kept', async (t) => {
  const content = bytesOf(2 * PIECE);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await writeRange(part, content, 0, content.length);
  const keeping = part.keep(recordOf(content, part.geometry, 0));
  part.unkeep(0);
  await keeping;
  await keepPiece(part, content, 1);
  await assert.rejects(part.finish(), { code: 'internal' });
});
