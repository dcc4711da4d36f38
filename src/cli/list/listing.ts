import type { DownloadRow, Store } from '../../member/downloads.ts';
import { formatBytes, formatRate, percentOf } from '../format.ts';
import { jsonLine } from '../json.ts';
import { terminalTraits } from '../terminal.ts';
import { asciiText, safeText } from '../text.ts';
import { wholeNumber } from '../values.ts';
import type { ListFlags } from './carry-out.ts';
import { table } from './table.ts';

/** `dragonload ls`: what is not finished, the oldest first. */
export function listUnfinished(store: Store, flags: ListFlags): undefined {
  const rows = store.list({ states: ['running', 'waiting', 'paused', 'failed'] });
  if (flags.json === true) return printJson(rows, store);
  if (rows.length === 0) {
    process.stderr.write('Nothing is on its way. To begin: dragonload get URL\n');
    return;
  }
  const lines = rows.map((row) => {
    const running = store.isRunning(row.id);
    const size = row.sizeBytes === undefined ? '?' : formatBytes(row.sizeBytes);
    const percent = row.sizeBytes === undefined ? '' : `${percentOf(row.heldBytes, row.sizeBytes)}%`;
    const rate = running && row.state === 'running' ? formatRate(row.bytesPerSecond) : '';
    const state = stateOf(row, running);
    return [String(row.id), state, percent, size, rate, nameOf(row)];
  });
  print(['ID', 'STATE', 'DONE', 'SIZE', 'RATE', 'NAME'], lines);
  for (const { id, error, state } of rows) {
    if (state === 'failed' && error) process.stdout.write(`${id}: ${safeText(error.message)}\n`);
  }
}

/** `dragonload history`: what is finished, the newest first. */
export function listFinished(store: Store, flags: ListFlags): undefined {
  const limit = typeof flags.count === 'string' ? wholeNumber('--count', flags.count, 1, 10_000) : 20;
  const rows = store.list({ states: ['done'], limit, newestFirst: true });
  if (flags.json === true) return printJson(rows, store);
  if (rows.length === 0) {
    process.stderr.write('Nothing is finished yet.\n');
    return;
  }
  const lines = rows.map((row) => [
    String(row.id),
    row.finishedMs === undefined ? '' : when(row.finishedMs),
    formatBytes(row.sizeBytes ?? 0),
    row.trust ?? '',
    safeText(row.path ?? nameOf(row)),
  ]);
  print(['ID', 'FINISHED', 'SIZE', 'TRUST', 'PATH'], lines);
}

/** A download that runs nowhere any more was interrupted, whatever the last word about it was. */
function stateOf({ state }: DownloadRow, running: boolean): string {
  return running || state === 'failed' ? state : state === 'paused' ? 'paused' : 'stopped';
}

function nameOf({ fileName, url }: DownloadRow): string {
  return safeText(fileName ?? new URL(url).pathname.split('/').at(-1) ?? '');
}

/** Local time, to the minute, as ISO 8601 writes it but for the space. */
function when(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function print(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const { unicode } = terminalTraits(process.stdout, process.env);
  const show = (text: string): string => (unicode ? text : asciiText(text));
  process.stdout.write(table([head, ...rows.map((row) => row.map(show))]));
}

function printJson(rows: readonly DownloadRow[], store: Store): undefined {
  for (const row of rows) {
    const { id, fileName, path, directory, sizeBytes, heldBytes, originBytes, lanBytes } = row;
    const running = store.isRunning(id);
    const { sha256, trust, error, createdMs, finishedMs } = row;
    const line = {
      event: 'download',
      id,
      state: row.state === 'done' ? 'done' : stateOf(row, running),
      name: fileName ?? null,
      directory,
      path: path ?? null,
      size: sizeBytes ?? null,
      bytes: heldBytes,
      originBytes,
      lanBytes,
      rate: running ? Math.round(row.bytesPerSecond) : 0,
      sha256: sha256 ?? null,
      trust: trust ?? null,
      error: error ?? null,
      created: new Date(createdMs).toISOString(),
      finished: finishedMs === undefined ? null : new Date(finishedMs).toISOString(),
    };
    process.stdout.write(`${jsonLine(line)}\n`);
  }
}
