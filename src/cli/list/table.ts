import { displayWidth, padEnd } from '../text.ts';

/** Rows of cells as lines, each column as wide as its widest cell, two spaces apart; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    }
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : padEnd(cell, widths[column]! + 2)))
      .join('')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}
