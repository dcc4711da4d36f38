import { isUnderWay } from '../../app/queue-state.ts';
import { type PaceRates, queueSummary } from '../../app/queue-summary.ts';
import type { DownloadState, EngineState } from '../../app/state.ts';
import { formatDuration, formatRate, percentOf } from '../text/format.ts';
import type { Look, Span } from '../text/spans.ts';
import { SGR, spread } from '../text/spans.ts';
import { asciiText, padEnd, padStart, safeText, shorten } from '../text/text.ts';
import { bar } from './bar.ts';
import { amountText, countsText, leftText } from './queue-text.ts';

const GAP = '  ';
const RATE_COLUMNS = 10;
const PERCENT_COLUMNS = 4;
const TIME_COLUMNS = 12;
const MAX_BAR_COLUMNS = 30;
/** Narrower than this there is no room for a bar, or for the time. */
const MIN_COLUMNS_WITH_BAR = 72;
const MIN_COLUMNS_WITH_TIME = 60;
const MIN_NAME_COLUMNS = 8;

/** Several downloads alone, one a line: name, bar, share, rate, time left. At most `rows` lines; the last counts those left out. */
export function downloadTable(
  state: EngineState,
  columns: number,
  rows: number,
  look: Look,
): readonly (readonly Span[])[] {
  // As they began, so that a new one comes at the end.
  const active = state.downloads
    .filter(isUnderWay)
    .sort((a, b) => (a.startedAtMs ?? a.addedAtMs) - (b.startedAtMs ?? b.addedAtMs));
  const shown = active.length <= rows ? active : active.slice(0, Math.max(0, rows - 1));
  const lines = shown.map((download) => downloadLine(download, columns, look));
  const hidden = active.length - shown.length;
  return hidden > 0 ? [...lines, [{ text: `and ${hidden} more`, sgr: SGR.dim }]] : lines;
}

/** How all of several downloads go: the numbers, then (but in a room, where they stand above) amount, rate and time. */
export function queueLines(
  state: EngineState,
  columns: number,
  pace?: PaceRates,
): readonly (readonly Span[])[] {
  const summary = queueSummary(state, pace);
  const { queue, rate } = summary;
  const first: Span[] = [{ text: countsText(summary) }];
  if (queue.failed > 0) first.push({ text: `, ${queue.failed} failed`, sgr: SGR.bad });
  if (state.rooms.length > 0) return [first];
  const second: Span[] = [
    { text: `${amountText(summary)}${GAP}` },
    { text: rate > 0 ? formatRate(rate) : '', sgr: SGR.good },
  ];
  return [first, spread(second, [{ text: leftText(summary) }], columns)];
}

function downloadLine(download: DownloadState, columns: number, look: Look): readonly Span[] {
  const { heldBytes, sizeBytes, originRate, lanRate, leftMs } = download;
  const withTime = columns >= MIN_COLUMNS_WITH_TIME;
  const barColumns =
    columns < MIN_COLUMNS_WITH_BAR ? 0 : Math.min(MAX_BAR_COLUMNS, Math.floor((columns - 48) / 2));
  const fixed =
    GAP.length * 2 +
    PERCENT_COLUMNS +
    RATE_COLUMNS +
    (withTime ? GAP.length + TIME_COLUMNS : 0) +
    (barColumns > 0 ? GAP.length + barColumns : 0);
  const room = Math.max(MIN_NAME_COLUMNS, columns - fixed);
  const name = look.unicode ? safeText(download.fileName) : asciiText(download.fileName);
  const short = shorten(name, room, look.unicode ? '\u2026' : '..');
  const spans: Span[] = [{ text: padEnd(short, room) }];
  const share = sizeBytes === undefined ? 0 : percentOf(heldBytes, sizeBytes);
  if (barColumns > 0) spans.push({ text: GAP }, ...bar(share / 100, barColumns, look, SGR.good));
  const percent = sizeBytes === undefined ? '' : `${share}%`;
  spans.push({ text: GAP + padStart(percent, PERCENT_COLUMNS), sgr: SGR.bold });
  const { status } = download;
  const word = status === 'checking' ? 'checking' : status === 'running' ? undefined : 'asking';
  const rate = word ?? formatRate(originRate + lanRate);
  spans.push({ text: GAP + padStart(rate, RATE_COLUMNS), sgr: SGR.good });
  if (withTime) {
    const time = leftMs === undefined ? '' : formatDuration(leftMs);
    spans.push({ text: GAP + padStart(time, TIME_COLUMNS), sgr: SGR.dim });
  }
  return spans;
}
