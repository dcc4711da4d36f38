import { PEAK_LIMIT_BYTES, type Row, shortcomings } from './row.ts';

/** A table of the document: lies between two marks that bear its name. */
export interface Table {
  readonly name: string;
  readonly head: readonly string[];
}

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
/** What each scenario measured. */
export const LAB_TABLE: Table = { name: 'lab', head: HEAD };

/** Dragonload beside other programs. */
export const BESIDE_TABLE: Table = {
  name: 'beside',
  head: [
    'scenario',
    'rounds',
    'seconds',
    'CPU s',
    'peak MB',
    'to aria2: time, CPU, memory',
    'to curl',
    'to curl --parallel',
    'load before, others meanwhile',
    'reached',
    'at',
  ],
};

/** A row as cells of a Markdown table. `at` says what was measured: a commit. */
export function renderRow(row: Row, at: string): string {
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
    verdict(row),
    at,
  ]);
}

/** A row of the second table. */
export function renderBeside(row: Row, at: string): string {
  const { comparison } = row;
  const reached = verdict(row);
  if (comparison === undefined) return line([row.scenario, ...Array(8).fill(''), reached, at]);
  const { ours, others, rounds, disturbance, toUsual } = comparison;
  const growth = toUsual === undefined ? '' : `, ${toUsual.toFixed(2)} x that for 1 GiB`;
  const to = (program: string): string => {
    const other = others.find((one) => one.program === program);
    if (other === undefined) return '';
    const ratios = [
      ours.seconds / other.seconds,
      ours.cpuSeconds / other.cpuSeconds,
      ours.peakBytes / other.peakBytes,
    ];
    return ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  };
  return line([
    row.scenario,
    String(rounds),
    ours.seconds.toFixed(2),
    ours.cpuSeconds.toFixed(2),
    `${Math.round(ours.peakBytes / 1e6)} (≤ ${PEAK_LIMIT_BYTES / 1e6})${growth}`,
    to('aria2'),
    to('curl'),
    to('curl --parallel'),
    `${disturbance.loadBefore.toFixed(1)}, ${Math.round(disturbance.othersShare * 100)}%`,
    reached,
    at,
  ]);
}

/** The whole table; columns as wide as they come. */
export function renderTable(lines: readonly string[], { head } = LAB_TABLE): string {
  return [line(head), line(head.map(() => '---')), ...lines].join('\n');
}

/**
 * Puts lines into a table between its marks in a document: a line takes the place of the one with the same first
 * cell, the others stay, in the order of `order`. Throws when the document has no markers.
 */
export function mergeIntoDocument(
  document: string,
  lines: readonly string[],
  order: readonly string[],
  table = LAB_TABLE,
): string {
  const [startMark, endMark] = ['start', 'end'].map((which) => `<!-- ${table.name}:${which} -->`) as [
    string,
    string,
  ];
  const start = document.indexOf(startMark);
  const end = document.indexOf(endMark);
  if (start < 0 || end < start) throw new Error(`The document lacks ${startMark} and ${endMark}.`);
  const old = document
    .slice(start + startMark.length, end)
    .split('\n')
    .filter((text) => text.startsWith('| '));
  const rows = new Map<string, string>();
  for (const text of [...old, ...lines]) rows.set(firstCell(text), text);
  const known = order.flatMap((name) => rows.get(name) ?? []);
  return `${document.slice(0, start + startMark.length)}\n${renderTable(known, table)}\n${document.slice(end)}`;
}

function verdict(row: Row): string {
  const missed = shortcomings(row);
  return missed.length === 0 ? 'yes' : `**no: ${missed.join(', ').split('\n')[0]}**`;
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
