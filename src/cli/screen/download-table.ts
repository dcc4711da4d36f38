import type { DownloadView, View } from '../../core/view.ts';
import { formatDuration, formatRate, percentOf } from '../text/format.ts';
import type { Look, Span } from '../text/spans.ts';
import { SGR, spread } from '../text/spans.ts';
import { asciiText, padEnd, padStart, safeText, shorten } from '../text/text.ts';
import { bar } from './bar.ts';
import type { Pace } from './pace.ts';
import { amountText, countsText, leftText, queueState } from './queue-state.ts';

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
  view: View,
  columns: number,
  rows: number,
  look: Look,
): readonly (readonly Span[])[] {
  // What a queue runs and still asks the origin for is in the picture, too.
  const active = view.downloads.filter(({ phase }) => phase !== 'done' && phase !== 'failed');
  const shown = active.length <= rows ? active : active.slice(0, Math.max(0, rows - 1));
  const lines = shown.map((download) => downloadLine(download, columns, look));
  const hidden = active.length - shown.length;
  return hidden > 0 ? [...lines, [{ text: `and ${hidden} more`, sgr: SGR.dim }]] : lines;
}

/** How all of several downloads go: the numbers, then (but in a room, where they stand above) amount, rate and time. */
export function queueLines(view: View, columns: number, pace?: Pace): readonly (readonly Span[])[] {
  const state = queueState(view, pace);
  const { counts, rate } = state;
  const first: Span[] = [{ text: countsText(state) }];
  if (counts.failed > 0) first.push({ text: `, ${counts.failed} failed`, sgr: SGR.bad });
  if (view.room !== undefined) return [first];
  const second: Span[] = [
    { text: `${amountText(state)}${GAP}` },
    { text: rate > 0 ? formatRate(rate) : '', sgr: SGR.good },
  ];
  return [first, spread(second, [{ text: leftText(state) }], columns)];
}

function downloadLine(download: DownloadView, columns: number, look: Look): readonly Span[] {
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
  const { phase } = download;
  const word = phase === 'checking' ? 'checking' : phase === 'waiting' ? 'asking' : undefined;
  const rate = word ?? formatRate(originRate + lanRate);
  spans.push({ text: GAP + padStart(rate, RATE_COLUMNS), sgr: SGR.good });
  if (withTime) {
    const time = leftMs === undefined ? '' : formatDuration(leftMs);
    spans.push({ text: GAP + padStart(time, TIME_COLUMNS), sgr: SGR.dim });
  }
  return spans;
}
