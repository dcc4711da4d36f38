import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Geometry,
  isPossibleSize,
  MAX_PIECE_BYTES,
  MAX_PIECES,
  MIN_PIECE_BYTES,
  pieceBytesFor,
} from './geometry.ts';

const MIB = 1024 * 1024;

test('pieces are powers of two between the limits, and about one to four thousand in a large file', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_PIECES * MAX_PIECE_BYTES }), (sizeBytes) => {
      const pieceBytes = pieceBytesFor(sizeBytes);
      assert.equal(Math.log2(pieceBytes) % 1, 0);
      assert.ok(pieceBytes >= MIN_PIECE_BYTES && pieceBytes <= MAX_PIECE_BYTES);
      const pieces = Math.ceil(sizeBytes / pieceBytes);
      if (pieceBytes > MIN_PIECE_BYTES) assert.ok(pieces > 1024);
      if (pieceBytes < MAX_PIECE_BYTES) assert.ok(pieces <= 2048);
      assert.ok(isPossibleSize(sizeBytes, pieceBytes));
    }),
  );
});

test('a file of unknown size gets pieces of 1 MiB, as many as can be numbered', () => {
  const geometry = new Geometry(undefined);
  assert.equal(geometry.pieceBytes, MIB);
  assert.equal(geometry.pieceCount, undefined);
  assert.equal(geometry.limitBytes, MAX_PIECES * MIB);
  assert.equal(geometry.bytesOf(7), MIB);
});

test('the pieces of a file follow one another and are as long as the file', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 * MIB }), (sizeBytes) => {
      const geometry = new Geometry(sizeBytes);
      const count = geometry.pieceCount!;
      let offset = 0;
      for (let piece = 0; piece < count; piece++) {
        assert.equal(geometry.startOf(piece), offset);
        assert.ok(geometry.bytesOf(piece) > 0);
        assert.equal(geometry.pieceAt(offset), piece);
        offset = geometry.endOf(piece);
        assert.equal(geometry.pieceAt(offset - 1), piece);
      }
      assert.equal(offset, sizeBytes);
      assert.deepEqual(geometry.bytesOfRun({ start: 0, end: count }), { start: 0, end: sizeBytes });
    }),
  );
});

test('an empty file has no pieces, and an empty run no bytes', () => {
  assert.equal(new Geometry(0).pieceCount, 0);
  assert.deepEqual(new Geometry(10 * MIB, MIB).bytesOfRun({ start: 3, end: 3 }), {
    start: 3 * MIB,
    end: 3 * MIB,
  });
});

test('sizes that cannot be cut are known for what they are', () => {
  for (const sizeBytes of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_PIECES * MIB + 1]) {
    assert.equal(isPossibleSize(sizeBytes, MIB), false);
  }
  assert.equal(isPossibleSize(MAX_PIECES * MIB, MIB), true);
});
