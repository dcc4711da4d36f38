import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, keepPiece, openPart, temporaryDirectory, writeRange } from '../../testing/disk/parts.ts';
import { heldBlocks } from './held-blocks.ts';

const PIECE = 256 * 1024;

test('blocks to compare are of held pieces alone, at most one of each', async (t) => {
  const content = bytesOf(5 * PIECE + 321);
  const part = await openPart(t, await temporaryDirectory(t), content);
  assert.deepEqual(await heldBlocks(part), []);
  await writeRange(part, content, 0, content.length);
  assert.deepEqual(await heldBlocks(part), [], 'what is written and not kept was not checked');
  for (const piece of [5, 1]) await keepPiece(part, content, piece);
  const blocks = await heldBlocks(part);
  const pieces = blocks.map(({ start }) => Math.floor(start / PIECE));
  assert.deepEqual(pieces.toSorted(), [1, 5]);
  for (const { start, bytes } of blocks)
    assert.ok(bytes.equals(content.subarray(start, Math.min(start + 64 * 1024, content.length))));
});
