import type { PieceMap, PieceRun } from './state.ts';

/** State of one cell of a drawn piece map. `peer`: somebody else in the room holds it. */
export type Cell = 'missing' | 'peer' | 'active' | 'held';

/**
 * The pieces of a download summed up into at most `width` cells, from the first piece to the last: as many as there are
 * pieces where these are fewer, none while their number is unknown. A cell shows the least that is true of all its
 * pieces, but work going on in any of them.
 */
export function pieceCells({ pieceCount = 0, runs }: PieceMap, width: number): readonly Cell[] {
  const columns = Math.min(Math.max(0, Math.floor(width)), pieceCount);
  const cells: Cell[] = [];
  let at = 0;
  for (let column = 0; column < columns; column++) {
    const start = Math.floor((column * pieceCount) / columns);
    const end = Math.floor(((column + 1) * pieceCount) / columns);
    while (at < runs.length && runs[at]!.end <= start) at++;
    cells.push(cellOf(runs, at, start, end));
  }
  return cells;
}

/** The cell of the pieces `start` to `end - 1`; `at`: the first run that may reach into it. */
function cellOf(runs: readonly PieceRun[], at: number, start: number, end: number): Cell {
  let held = 0;
  let isElsewhere = false;
  for (let index = at; index < runs.length && runs[index]!.start < end; index++) {
    const run = runs[index]!;
    if (run.kind === 'active') return 'active';
    if (run.kind === 'held') held += Math.min(run.end, end) - Math.max(run.start, start);
    else isElsewhere = true;
  }
  if (held === end - start) return 'held';
  return isElsewhere || held > 0 ? 'peer' : 'missing';
}
