import { PEAK_LIMIT_BYTES, type Row, shortcomings } from './row.ts';

const HEAD = [
  'scenario',
  'measured',
  'to reach',
  'origin / file',
  'Jain',
  'CPU s',
  'peak MB',
  'exit',
  'beside it',
  'reached',
  'at',
];
const START = '<!-- lab:start -->';
const END = '<!-- lab:end -->';

/** A row as cells of a Markdown table. `at` says what was measured: a commit. */
export function renderRow(row: Row, at: string): string {
  const missed = shortcomings(row);
  return line([
    row.scenario,
    row.measured,
    row.limit === undefined ? '' : 'atMost' in row.limit ? `≤ ${row.limit.atMost}` : `≥ ${row.limit.atLeast}`,
    fixed(row.originShare, 3) + (row.originLimit === undefined ? '' : ` (≤ ${row.originLimit})`),
    fixed(row.jain, 3),
    fixed(row.cpuSeconds, 1),
    row.peakBytes === undefined ? '' : `${Math.round(row.peakBytes / 1e6)} (≤ ${PEAK_LIMIT_BYTES / 1e6})`,
    row.exits?.join(' ') ?? '',
    row.beside ?? '',
    missed.length === 0 ? 'yes' : `**no: ${missed.join(', ').split('\n')[0]}**`,
    at,
  ]);
}

/** The whole table; columns as wide as they come. */
export function renderTable(lines: readonly string[]): string {
  return [line(HEAD), line(HEAD.map(() => '---')), ...lines].join('\n');
}

/**
 * Puts lines into the table between the markers of a document: a line takes the place of the one with the same first
 * cell, the others stay, in the order of `order`. Throws when the document has no markers.
 */
export function mergeIntoDocument(
  document: string,
  lines: readonly string[],
  order: readonly string[],
): string {
  const start = document.indexOf(START);
  const end = document.indexOf(END);
  if (start < 0 || end < start) throw new Error(`The document lacks ${START} and ${END}.`);
  const old = document
    .slice(start + START.length, end)
    .split('\n')
    .filter((text) => text.startsWith('| '));
  const rows = new Map<string, string>();
  for (const text of [...old, ...lines]) rows.set(firstCell(text), text);
  const known = order.flatMap((name) => rows.get(name) ?? []);
  return `${document.slice(0, start + START.length)}\n${renderTable(known)}\n${document.slice(end)}`;
}

function firstCell(text: string): string {
  return text.split('|')[1]?.trim() ?? '';
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}
