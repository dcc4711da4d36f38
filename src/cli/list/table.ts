import { displayWidth, padEnd, shorten } from '../text/text.ts';

const GAP = 2;
/** The last column is never made narrower than this, however narrow the terminal is. */
const MIN_LAST_COLUMNS = 8;

/**
 * Rows of cells as lines, each column as wide as its widest cell, two spaces apart; the last one is not padded, and is
 * shortened where the line would have more than `maxColumns`.
 */
export function table(
  rows: readonly (readonly string[])[],
  maxColumns = Number.POSITIVE_INFINITY,
  ellipsis = '\u2026',
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    }
  }
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  const last = Math.max(MIN_LAST_COLUMNS, maxColumns - before);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? shorten(cell, last, ellipsis) : padEnd(cell, widths[column]! + GAP),
      )
      .join('')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}
