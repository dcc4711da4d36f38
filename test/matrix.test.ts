import { describe, test } from 'node:test';
import { runCell } from './support/matrix-cell.ts';
import { COLUMNS } from './support/matrix-row.ts';
import { ROWS } from './support/matrix-table.ts';

/** Most of a cell's time is spent waiting for limited rates and for pauses: so many fit beside each other on two cores. */
const AT_ONCE = 6;

describe('every fault of an origin, met in every way', { concurrency: AT_ONCE }, () => {
  for (const row of ROWS) {
    for (const column of COLUMNS) test(`${row.name}: ${column}`, (cell) => runCell(cell, row, column));
  }
});
