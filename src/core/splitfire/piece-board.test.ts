import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../geometry.ts';
import { PieceBoard } from './piece-board.ts';

const PIECES = 70;
const geometry = new Geometry(PIECES * 1024 - 100, 1024);
const run = fc
  .tuple(fc.nat(PIECES), fc.nat(PIECES))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

test('a piece is free, leased or held, and the byte counts always agree', () => {
  const change = fc.oneof(
    fc.record({ do: fc.constant('hold' as const), piece: fc.nat(PIECES - 1) }),
    fc.record({ do: fc.constant('unhold' as const), piece: fc.nat(PIECES - 1) }),
    fc.record({
      do: fc.constantFrom('lease' as const, 'unlease' as const),
      run,
      owner: fc.constantFrom('a', 'b'),
    }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const board = new PieceBoard<string>(geometry);
      const holders = new Array<number>(PIECES).fill(0);
      const owners = new Array<string | undefined>(PIECES).fill(undefined);
      for (const step of changes) {
        if (step.do === 'hold') {
          assert.equal(board.hold(step.piece), holders[step.piece] === 0);
          holders[step.piece]! += 1;
        } else if (step.do === 'unhold') {
          assert.equal(board.unhold(step.piece), holders[step.piece] === 1);
          holders[step.piece] = Math.max(0, holders[step.piece]! - 1);
        } else if (step.do === 'lease') {
          const to = board.ownedFrom(step.run);
          board.lease({ start: step.run.start, end: to }, step.owner);
          owners.fill(step.owner, step.run.start, to);
        } else {
          board.unlease(step.run, step.owner);
          for (let i = step.run.start; i < step.run.end; i += 1)
            if (owners[i] === step.owner) owners[i] = undefined;
        }
        const expected = holders.map((count, i) =>
          count > 0 ? 'held' : owners[i] === undefined ? 'free' : 'leased',
        );
        assert.deepEqual(
          expected.map((_, i) => board.stateOf(i)),
          expected,
        );
        const bytes = (states: string[]) =>
          expected.reduce((sum, state, i) => sum + (states.includes(state) ? geometry.bytesOf(i) : 0), 0);
        assert.equal(board.freeBytes, bytes(['free']));
        assert.equal(board.unheldBytes, bytes(['free', 'leased']));
        const first = expected.indexOf('free');
        assert.equal(board.freeRun(0, 3)?.start, first === -1 ? undefined : first);
      }
    }),
    { numRuns: 300 },
  );
});

test('a free run ends at its limit or where pieces are taken', () => {
  const board = new PieceBoard<string>(geometry);
  board.lease({ start: 0, end: 5 }, 'a');
  board.hold(9);
  assert.deepEqual(board.freeRun(0, 3), { start: 5, end: 8 });
  assert.deepEqual(board.freeRun(0, 30), { start: 5, end: 9 });
  assert.deepEqual(board.freeRun(60, 30), { start: 60, end: PIECES });
});
