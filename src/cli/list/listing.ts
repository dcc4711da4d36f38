import type { DownloadCommands } from '../../downloads/download-commands.ts';
import type { DownloadRow } from '../../downloads/edits.ts';
import { displayUrl } from '../../downloads/edits.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { jsonLine } from '../report/json.ts';
import { nextStep } from '../text/error-text.ts';
import { formatBytes, formatDuration, formatRate, percentOf } from '../text/format.ts';
import { terminalSize, terminalTraits } from '../text/terminal.ts';
import { asciiText, safeText } from '../text/text.ts';
import { commonLimit } from './control-commands.ts';
import { say } from './say.ts';
import { table } from './table.ts';

/** `dragonload ls`: what is not finished, the oldest first. */
export function listUnfinished(commands: DownloadCommands, flags: ListFlags): undefined {
  const rows = commands.list({ states: ['running', 'waiting', 'paused', 'failed'] });
  if (flags.ids === true) return write(rows.map(({ id }) => `${id}\n`));
  if (flags.json === true) return write(rows.map(jsonRow));
  if (rows.length === 0) say('No unfinished downloads. To begin: dragonload get URL');
  else {
    print(['ID', 'STATE', 'DONE', 'SIZE', 'RATE', 'LEFT', 'NAME'], rows.map(cellsOf));
    write(rows.flatMap(reasonOf));
  }
  const limit = commonLimit(commands);
  if (limit !== undefined) say(limit);
}

/** `dragonload history`: what is finished, the newest first. */
export function listFinished(commands: DownloadCommands, flags: ListFlags): undefined {
  const rows = commands.list({ states: ['done'], limit: flags.count ?? 20, newestFirst: true });
  if (flags.json === true) return write(rows.map(jsonRow));
  if (rows.length === 0) {
    say('Nothing is finished yet.');
    return;
  }
  print(
    ['ID', 'FINISHED', 'SIZE', 'TRUST', 'PATH'],
    rows.map((row) => [
      String(row.id),
      row.finishedMs === undefined ? '' : when(row.finishedMs),
      formatBytes(row.sizeBytes ?? 0),
      row.trust ?? '',
      row.path ?? nameOf(row),
    ]),
  );
}

function cellsOf(row: DownloadRow): readonly string[] {
  const { id, sizeBytes, heldBytes, bytesPerSecond } = row;
  const moves = row.isTaken === true && row.state === 'running' && bytesPerSecond > 0;
  const leftMs = sizeBytes === undefined ? undefined : ((sizeBytes - heldBytes) / bytesPerSecond) * 1000;
  return [
    String(id),
    stateOf(row),
    sizeBytes === undefined ? '' : `${percentOf(heldBytes, sizeBytes)}%`,
    sizeBytes === undefined ? '?' : formatBytes(sizeBytes),
    moves ? formatRate(bytesPerSecond) : '',
    moves && leftMs !== undefined ? formatDuration(leftMs) : '',
    nameOf(row),
  ];
}

/** A download that no process has any more was interrupted, whatever the last word about it was. */
function stateOf({ state, isTaken = false }: DownloadRow): string {
  return isTaken || state === 'failed' || state === 'done' || state === 'paused' ? state : 'stopped';
}

/** Why it failed, and what to do about it. */
function reasonOf({ id, error, state }: DownloadRow): readonly string[] {
  if (state !== 'failed' || error === undefined) return [];
  const next =
    error.code === 'link-expired' ? `With a fresh link: dragonload refresh ${id} URL` : adviceOf(error, id);
  return [`${id}: ${safeText(error.message)}\n`, ...(next === undefined ? [] : [`    ${safeText(next)}\n`])];
}

/** The next step; of a failure that another version has stored, in the words that it has stored. */
function adviceOf({ hint, next }: NonNullable<DownloadRow['error']>, id: number): string | undefined {
  return hint === undefined ? next : nextStep(hint, id);
}

function nameOf({ fileName, url }: DownloadRow): string {
  return fileName ?? displayUrl(url).split('/').at(-1) ?? '';
}

/** Local time, to the minute, as ISO 8601 writes it but for the space. */
function when(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A table on stdout: on a terminal no wider than that, elsewhere with everything in full. */
function print(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const { unicode } = terminalTraits(process.stdout, process.env);
  const show = unicode ? safeText : asciiText;
  const columns = process.stdout.isTTY ? terminalSize(process.stdout).columns - 1 : undefined;
  const ellipsis = unicode ? '\u2026' : '..';
  write([table([head, ...rows.map((row) => row.map(show))], columns, ellipsis)]);
}

function write(lines: readonly string[]): undefined {
  process.stdout.write(lines.join(''));
}

/** Without anything of the URL that may be secret. */
function jsonRow(row: DownloadRow): string {
  const { fileName, path, directory, sizeBytes, sha256, trust, error, finishedMs } = row;
  const line = {
    event: 'download',
    id: row.id,
    state: stateOf(row),
    name: fileName ?? null,
    url: displayUrl(row.url),
    directory,
    path: path ?? null,
    priority: row.priority,
    size: sizeBytes ?? null,
    bytes: row.heldBytes,
    originBytes: row.originBytes,
    lanBytes: row.lanBytes,
    rate: row.isTaken === true && row.state !== 'done' ? Math.round(row.bytesPerSecond) : 0,
    sha256: sha256 ?? null,
    trust: trust ?? null,
    error:
      error === undefined
        ? null
        : { code: error.code, message: error.message, next: adviceOf(error, row.id) },
    created: new Date(row.createdMs).toISOString(),
    finished: finishedMs === undefined ? null : new Date(finishedMs).toISOString(),
  };
  return `${jsonLine(line)}\n`;
}
