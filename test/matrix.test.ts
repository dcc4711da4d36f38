import { describe, type TestContext, test } from 'node:test';
import { runCell } from './support/matrix-cell.ts';
import { COLUMNS, type Column, type Row } from './support/matrix-row.ts';
import { ROWS } from './support/matrix-table.ts';

/** Most of a cell's time is spent waiting for limited rates and for pauses: so many fit beside each other on two cores. */
const AT_ONCE = 6;

describe('every fault of an origin, met in every way', { concurrency: AT_ONCE }, () => {
  for (const row of ROWS) {
    for (const column of COLUMNS) test(`${row.name}: ${column}`, (cell) => meet(cell, row, column));
  }
});

/**
 * On a busy machine members can miss each other, and bytes be on their way for long: what went wrong then is said, and the
 * fault met once more. A wrong file is never forgiven.
 */
async function meet(cell: TestContext, row: Row, column: Column): Promise<void> {
  try {
    await runCell(cell, row, column);
  } catch (thrown) {
    const { message } = thrown as Error;
    if (message.includes('WRONG FILE')) throw thrown;
    cell.diagnostic(`met once more: ${message.split('\n', 1)[0]}`);
    await runCell(cell, row, column);
  }
}
