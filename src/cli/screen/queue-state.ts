import type { DownloadView, QueueView, View } from '../../core/view.ts';
import { formatBytes, formatDuration, formatRate } from '../text/format.ts';
import type { Pace } from './pace.ts';

const MINUTE_MS = 60_000;

/** How all of several downloads go. */
export interface QueueState {
  readonly counts: QueueView;
  readonly total: number;
  readonly heldBytes: number;
  /** As far as sizes are known. */
  readonly sizeBytes: number;
  /** Bytes per second, from origins and the LAN together. */
  readonly rate: number;
  /** Estimated time to the end of all, in milliseconds; undefined while nothing moves. */
  readonly leftMs: number | undefined;
}

/** The state of the queue, or of what there is to see where there is none. `pace`: for files too small for a rate. */
export function queueState(view: View, pace?: Pace): QueueState {
  const counts = view.queue ?? countsOf(view);
  const { waiting, running, paused, done, failed } = counts;
  const active = view.downloads.filter(isActive);
  const sum = (pick: (one: DownloadView) => number): number =>
    view.downloads.filter(({ phase }) => phase !== 'failed').reduce((total, one) => total + pick(one), 0);
  const rate = active.reduce((total, { originRate, lanRate }) => total + originRate + lanRate, 0);
  const heldBytes = counts.heldBytes ?? sum((one) => one.heldBytes);
  const sizeBytes = counts.sizeBytes ?? sum((one) => one.sizeBytes ?? 0);
  // Those whose turn is still to come are taken to be as large as the others.
  const known = done + running;
  const toCome = known > 0 ? (sizeBytes / known) * waiting : 0;
  const leftMs = rate > 0 ? ((Math.max(0, sizeBytes - heldBytes) + toCome) / rate) * 1000 : undefined;
  const total = waiting + running + paused + done + failed;
  if (rate === 0 && pace !== undefined && pace.filesPerSecond > 0) {
    const toGoMs = ((waiting + running) / pace.filesPerSecond) * 1000;
    return { counts, total, heldBytes, sizeBytes, rate: pace.bytesPerSecond, leftMs: toGoMs };
  }
  return { counts, total, heldBytes, sizeBytes, rate, leftMs };
}

/** Whether something is being done for it. */
export function isActive({ phase }: DownloadView): boolean {
  return phase === 'downloading' || phase === 'checking';
}

/** How many are done, and what the others do: `7 of 100 files done, 90 waiting`. */
export function countsText({ counts, total }: QueueState): string {
  const { done, waiting, paused } = counts;
  const parts = [`${done} of ${total} files done`];
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (paused > 0) parts.push(`${paused} paused`);
  return parts.join(', ');
}

/** How much has arrived, of how much where that is known. */
export function amountText({ counts, heldBytes, sizeBytes }: QueueState): string {
  if (sizeBytes <= heldBytes || counts.waiting > 0) return formatBytes(heldBytes);
  return `${formatBytes(heldBytes)} of ${formatBytes(sizeBytes)}`;
}

/** The time left, with a word of caution where sizes are guessed; empty while it cannot be told. */
export function leftText({ counts, leftMs }: QueueState): string {
  if (leftMs === undefined) return '';
  return `${counts.waiting > 0 ? 'about ' : ''}${formatDuration(leftMs)} left`;
}

/** Why nothing runs, and until when; undefined while something does. `wallMs`: as of `Date.now()`. */
export function restText(view: View, wallMs: number): string | undefined {
  const { queue } = view;
  if (queue === undefined || queue.running > 0) return undefined;
  const { opensInMs, paused, waiting } = queue;
  if (opensInMs !== undefined && waiting > 0)
    // Schedules are in minutes, and clocks drift by less.
    return `Starts at ${clock(Math.round((wallMs + opensInMs) / MINUTE_MS) * MINUTE_MS)}, in ${formatDuration(opensInMs)}`;
  return paused > 0 && waiting === 0 ? 'Paused. In another terminal: dragonload resume --all' : undefined;
}

/** All of it in one line, for logs. */
export function queueLine(state: QueueState): string {
  const { counts, rate } = state;
  const failed = counts.failed > 0 ? `, ${counts.failed} failed` : '';
  const left = leftText(state);
  const parts = [`${countsText(state)}${failed}: ${amountText(state)}`];
  if (rate > 0) parts.push(formatRate(rate));
  if (left !== '') parts.push(left);
  return parts.join(', ');
}

function countsOf(view: View): QueueView {
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

/** The time of day, local. */
function clock(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}
