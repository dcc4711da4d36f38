import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Cell, pieceCells } from './piece-cells.ts';
import type { PieceMap, PieceRun } from './state.ts';

type Kind = PieceRun['kind'] | undefined;

/** The map of pieces that are each in the given state, as the longest runs. */
function mapOf(pieces: readonly Kind[]): PieceMap {
  const runs: { start: number; end: number; kind: PieceRun['kind']; by: undefined }[] = [];
  for (const [piece, kind] of pieces.entries()) {
    const last = runs.at(-1);
    if (kind === undefined) continue;
    if (last?.kind === kind && last.end === piece) last.end = piece + 1;
    else runs.push({ start: piece, end: piece + 1, kind, by: undefined });
  }
  return { pieceBytes: 1024, pieceCount: pieces.length, runs };
}

test('with room for every piece each cell shows one', () => {
  const map = mapOf(['held', 'active', undefined, 'peer']);
  assert.deepEqual(pieceCells(map, 100), ['held', 'active', 'missing', 'peer']);
});

test('a cell of several pieces shows the least that is true of all, but work in any', () => {
  const cell = (...pieces: Kind[]) => pieceCells(mapOf(pieces), 1)[0];
  assert.equal(cell('held', 'held', 'held'), 'held');
  assert.equal(cell('held', undefined), 'peer');
  assert.equal(cell(undefined, 'peer'), 'peer');
  assert.equal(cell(undefined, undefined), 'missing');
  assert.equal(cell('held', undefined, 'active'), 'active');
});

test('there is no map without a number of pieces, of an empty file or on no room', () => {
  assert.deepEqual(pieceCells({ pieceBytes: 1, pieceCount: undefined, runs: [] }, 10), []);
  assert.deepEqual(pieceCells(mapOf([]), 10), []);
  assert.deepEqual(pieceCells(mapOf(['held']), 0), []);
});

test('at any width each cell shows what its own pieces say', () => {
  const kind = fc.constantFrom<Kind>('held', 'active', 'peer', undefined);
  fc.assert(
    fc.property(fc.array(kind, { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (pieces, width) => {
      const columns = Math.min(width, pieces.length);
      const expected = Array.from({ length: columns }, (_, column): Cell => {
        const start = Math.floor((column * pieces.length) / columns);
        const some = pieces.slice(start, Math.floor(((column + 1) * pieces.length) / columns));
        if (some.includes('active')) return 'active';
        if (some.every((one) => one === 'held')) return 'held';
        return some.some((one) => one !== undefined) ? 'peer' : 'missing';
      });
      assert.deepEqual(pieceCells(mapOf(pieces), width), expected);
    }),
  );
});
