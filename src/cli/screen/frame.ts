import { currentDownload, isSeveral, type PaceRates } from '../../app/queue-summary.ts';
import type { DownloadState, EngineState } from '../../app/state.ts';
import { formatBytes, formatDuration, formatRate, percentOf } from '../text/format.ts';
import type { Look, Span } from '../text/spans.ts';
import { renderLine, SGR, spansWidth, spread } from '../text/spans.ts';
import { asciiText, safeText, shorten } from '../text/text.ts';
import { downloadTable, queueLines } from './download-table.ts';
import { memberTable } from './member-table.ts';
import { pieceMap } from './piece-map.ts';
import { restText } from './queue-text.ts';

/** The place for one picture of the room. */
export interface FrameOptions extends Look {
  readonly columns: number;
  readonly rows: number;
  /** The time, as of `Date.now()`, for times of day; default: long ago. */
  readonly wallMs?: number;
  /** How fast small files come. */
  readonly pace?: PaceRates;
}

/** Wider lines are harder to read than they are worth. */
const MAX_COLUMNS = 120;

/**
 * The room as lines for a terminal: the download, its map, its rates, then the members. No line is wider than
 * `columns - 1` (a full last column wraps on some terminals) and there are at most `rows - 1` of them. Pure.
 */
export function renderFrame(state: EngineState, options: FrameOptions): string[] {
  const columns = Math.max(1, Math.min(options.columns - 1, MAX_COLUMNS));
  const rows = Math.max(1, options.rows - 1);
  return picture(state, columns, rows, options).map((line) => renderLine(line, columns, options));
}

function picture(
  state: EngineState,
  columns: number,
  rows: number,
  options: FrameOptions,
): readonly (readonly Span[])[] {
  const [room] = state.rooms;
  const whole = isSeveral(state) ? queueLines(state, columns, options.pace) : [];
  const rest = restText(state, options.wallMs ?? 0);
  if (rest !== undefined) return [[{ text: rest, sgr: SGR.warn }], ...whole.slice(0, 1)].slice(0, rows);
  const download = currentDownload(state);
  if (download === undefined)
    return [[{ text: room ? 'Waiting for what the room offers' : 'Starting' }], ...whole.slice(0, 1)].slice(
      0,
      rows,
    );
  if (room === undefined && whole.length > 0) {
    const table = downloadTable(state, columns, Math.max(0, rows - whole.length), options);
    return [...table, ...whole].slice(-rows);
  }
  const lines: (readonly Span[])[] = [title(download, columns, options)];
  const map = pieceMap(download.pieces, columns, options);
  if (map.length > 0) lines.push(map);
  lines.push(rates(download, columns, options), ...whole);
  if (room !== undefined) {
    const table = memberTable(room.members, download.sizeBytes, columns, rows - lines.length - 1, options);
    if (table.length > 0) lines.push([], ...table);
  }
  return lines.slice(0, rows);
}

function title(download: DownloadState, columns: number, look: Look): readonly Span[] {
  const { heldBytes, sizeBytes } = download;
  const amount =
    sizeBytes === undefined
      ? `${formatBytes(heldBytes)} so far`
      : `${formatBytes(heldBytes)} of ${formatBytes(sizeBytes)}`;
  const percent = sizeBytes === undefined ? '' : `  ${String(percentOf(heldBytes, sizeBytes)).padStart(3)}%`;
  const right: readonly Span[] =
    columns >= 50
      ? [{ text: amount }, { text: percent, sgr: SGR.bold }]
      : [{ text: percent || amount, sgr: SGR.bold }];
  const name = look.unicode ? safeText(download.fileName) : asciiText(download.fileName);
  const room = columns - spansWidth(right) - 2;
  const short = shorten(name, room < 8 ? columns : room, look.unicode ? '\u2026' : '..');
  return spread([{ text: short, sgr: SGR.bold }], right, columns);
}

function rates(download: DownloadState, columns: number, look: Look): readonly Span[] {
  const { status } = download;
  if (status === 'waiting' || status === 'finding') return [{ text: 'Asking the origin', sgr: SGR.warn }];
  if (status === 'checking') return [{ text: 'Checking the whole file', sgr: SGR.warn }];
  if (status === 'failed') return [{ text: 'Failed', sgr: SGR.bad }];
  if (status === 'done') {
    const sent = download.uploadBytes > 0 ? `, ${formatBytes(download.uploadBytes)} given to the room` : '';
    return [{ text: 'Done', sgr: SGR.good }, { text: sent }];
  }
  const total = formatRate(download.originRate + download.lanRate);
  const parts = `origin ${formatRate(download.originRate)}, LAN ${formatRate(download.lanRate)}`;
  const alone = download.lanRate === 0 && download.lanBytes === 0;
  const left: readonly Span[] =
    alone || columns < 60
      ? [{ text: total, sgr: SGR.good }]
      : [{ text: total, sgr: SGR.good }, { text: look.unicode ? '  \u2190 ' : '  = ' }, { text: parts }];
  const time = download.leftMs === undefined ? '' : `${formatDuration(download.leftMs)} left`;
  return spread(left, [{ text: time }], columns);
}
