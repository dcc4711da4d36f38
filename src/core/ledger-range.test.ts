import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Geometry, MAX_PIECES } from './geometry.ts';
import { Ledger } from './ledger.ts';

const PIECE = 4;

test('a piece that the file does not have is an error', () => {
  for (const [sizeBytes, firstWrong] of [
    [10, 3],
    [undefined, MAX_PIECES],
  ] as const) {
    const geometry = new Geometry(sizeBytes, PIECE);
    const ledger = new Ledger(geometry);
    for (const piece of [-1, 0.5, Number.NaN, firstWrong]) {
      assert.throws(() => new Ledger(geometry, [piece]), /the file has no piece/, `${piece}`);
      const uses = [
        () => ledger.gapsOf(piece),
        () => ledger.stateOf(piece),
        () => ledger.sourcesOf(piece),
        () => ledger.reset(piece),
      ];
      for (const use of uses) assert.throws(use, /the file has no piece/, `${piece}`);
    }
  }
});

test('the last piece of a file may be held from the beginning', () => {
  const ledger = new Ledger(new Geometry(10, PIECE), [2]);
  assert.deepEqual([ledger.stateOf(2), ledger.heldBytes], ['held', 2]);
});
