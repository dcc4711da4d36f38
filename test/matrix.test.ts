import { describe, test } from 'node:test';
import { runCell } from './support/matrix-cell.ts';
import { COLUMNS } from './support/matrix-row.ts';
import { ROWS } from './support/matrix-table.ts';

/** Most of a cell's time is spent waiting for limited rates and for pauses: so many fit beside each other on two cores. */
const AT_ONCE = 6;

/**
 * The matrix in so many samples, each of which has every fault in one column, and each column about equally often.
 * MATRIX=0 to MATRIX=3 chooses one, MATRIX=all takes the whole; without it one is drawn, and named in the title.
 */
const SAMPLES = COLUMNS.length;

function chosen(text: string | undefined): 'all' | number {
  if (text === 'all') return 'all';
  if (text === undefined || text === '') return Math.floor(Math.random() * SAMPLES);
  const sample = Number(text);
  if (!Number.isInteger(sample) || sample < 0 || sample >= SAMPLES)
    throw new Error(`MATRIX is ${text}, not all or a number from 0 to ${SAMPLES - 1}.`);
  return sample;
}

const sample = chosen(process.env.MATRIX);
const title =
  sample === 'all' ? 'every fault, met in every way' : `every fault, met in one way (MATRIX=${sample})`;

describe(title, { concurrency: AT_ONCE }, () => {
  for (const [index, row] of ROWS.entries()) {
    const columns = sample === 'all' ? COLUMNS : [COLUMNS[(index + sample) % SAMPLES]!];
    for (const column of columns) test(`${row.name}: ${column}`, (cell) => runCell(cell, row, column));
  }
});
