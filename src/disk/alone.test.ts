import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesOf,
  keepPiece,
  openPart,
  sha256,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';

const PIECE = 256 * 1024;

test('the digest of the whole file is of what lies on the disk when bytes were written twice', async (t) => {
  const content = bytesOf(20 * PIECE);
  const wrong = Buffer.alloc(content.length, 9);
  const part = await openPart(t, await temporaryDirectory(t), content, { pieceDigest: 'crc32' });
  // On the way to the disk, and hashed there: from the first byte on, and ahead of others.
  await writeRange(part, wrong, 0, 3 * PIECE);
  await writeRange(part, wrong, 5 * PIECE, 8 * PIECE + 100);
  await writeRange(part, content, PIECE, 6 * PIECE);
  await writeRange(part, content, 6 * PIECE + 10, content.length);
  await writeRange(part, content, 0, PIECE);
  await writeRange(part, content, 6 * PIECE, 6 * PIECE + 10);
  for (let piece = 0; piece < 20; piece++) await keepPiece(part, content, piece);
  assert.equal((await part.finish()).sha256, sha256(content));
});

test('a bad piece that one stream writes anew counts in the digest of the whole file as it is then', async (t) => {
  const content = bytesOf(9 * PIECE + 5);
  const part = await openPart(t, await temporaryDirectory(t), content, { pieceDigest: 'crc32' });
  await writeRange(part, Buffer.alloc(content.length, 9), 0, PIECE);
  await part.hash(0);
  await writeRange(part, content, 0, content.length);
  for (let piece = 0; piece < 10; piece++) await keepPiece(part, content, piece);
  assert.equal((await part.finish()).sha256, sha256(content));
});
