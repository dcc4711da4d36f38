import type { DownloadView, View } from '../core/view.ts';
import { bar } from './bar.ts';
import { formatDuration, formatRate, percentOf } from './format.ts';
import type { Look, Span } from './spans.ts';
import { SGR } from './spans.ts';
import { asciiText, padEnd, padStart, safeText, shorten } from './text.ts';

const GAP = '  ';
const RATE_COLUMNS = 10;
const PERCENT_COLUMNS = 4;
const TIME_COLUMNS = 12;
const BAR_COLUMNS = 20;
const MIN_NAME_COLUMNS = 8;

/** Several downloads alone, one a line: name, bar, share, rate, time left. At most `rows` lines; the last counts those left out. */
export function downloadTable(
  view: View,
  columns: number,
  rows: number,
  look: Look,
): readonly (readonly Span[])[] {
  const active = view.downloads.filter(isActive);
  const shown = active.length <= rows ? active : active.slice(0, Math.max(0, rows - 1));
  const lines = shown.map((download) => downloadLine(download, columns, look));
  const hidden = active.length - shown.length;
  return hidden > 0 ? [...lines, [{ text: `and ${hidden} more`, sgr: SGR.dim }]] : lines;
}

/** How all of several downloads go, in one line; undefined for a single one. */
export function queueLine(view: View): readonly Span[] | undefined {
  const counts = countsOf(view);
  const total = counts.done + counts.running + counts.waiting + counts.paused + counts.failed;
  if (total < 2) return undefined;
  const parts = [`${counts.done} of ${total} files done`];
  if (counts.waiting > 0) parts.push(`${counts.waiting} waiting`);
  if (counts.paused > 0) parts.push(`${counts.paused} paused`);
  const spans: Span[] = [{ text: parts.join(', ') }];
  if (counts.failed > 0) spans.push({ text: `, ${counts.failed} failed`, sgr: SGR.bad });
  // In a room the rates stand above already.
  if (view.room !== undefined) return spans;
  const active = view.downloads.filter(isActive);
  const rate = active.reduce((sum, { originRate, lanRate }) => sum + originRate + lanRate, 0);
  return [...spans, { text: `${GAP}${formatRate(rate)}`, sgr: SGR.good }];
}

function countsOf(view: View): NonNullable<View['queue']> {
  if (view.queue !== undefined) return view.queue;
  const count = (...phases: DownloadView['phase'][]): number =>
    view.downloads.filter((one) => phases.includes(one.phase)).length;
  return {
    done: count('done'),
    failed: count('failed'),
    running: count('downloading', 'checking'),
    waiting: count('waiting'),
    paused: 0,
  };
}

function isActive({ phase }: DownloadView): boolean {
  return phase === 'downloading' || phase === 'checking';
}

function downloadLine(download: DownloadView, columns: number, look: Look): readonly Span[] {
  const { heldBytes, sizeBytes, originRate, lanRate, leftMs } = download;
  const withTime = columns >= 64;
  const withBar = columns >= 64 + BAR_COLUMNS;
  const fixed =
    GAP.length * 2 +
    PERCENT_COLUMNS +
    RATE_COLUMNS +
    (withTime ? GAP.length + TIME_COLUMNS : 0) +
    (withBar ? GAP.length + BAR_COLUMNS : 0);
  const room = Math.max(MIN_NAME_COLUMNS, columns - fixed);
  const name = look.unicode ? safeText(download.fileName) : asciiText(download.fileName);
  const short = shorten(name, room, look.unicode ? '\u2026' : '..');
  const spans: Span[] = [{ text: padEnd(short, room) }];
  const share = sizeBytes === undefined ? 0 : percentOf(heldBytes, sizeBytes);
  if (withBar) spans.push({ text: GAP }, ...bar(share / 100, BAR_COLUMNS, look, SGR.good));
  const percent = sizeBytes === undefined ? '' : `${share}%`;
  spans.push({ text: GAP + padStart(percent, PERCENT_COLUMNS), sgr: SGR.bold });
  const rate = download.phase === 'checking' ? 'checking' : formatRate(originRate + lanRate);
  spans.push({ text: GAP + padStart(rate, RATE_COLUMNS), sgr: SGR.good });
  if (withTime) {
    const time = leftMs === undefined ? '' : formatDuration(leftMs);
    spans.push({ text: GAP + padStart(time, TIME_COLUMNS), sgr: SGR.dim });
  }
  return spans;
}
