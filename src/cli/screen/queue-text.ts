import type { QueueSummary } from '../../app/queue-summary.ts';
import { hasQueue } from '../../app/queue-summary.ts';
import type { EngineState } from '../../app/state.ts';
import { formatBytes, formatDuration, formatRate } from '../text/format.ts';

const MINUTE_MS = 60_000;

/** How many are done, and what the others do: `7 of 100 files done, 90 waiting`. */
export function countsText({ queue, total }: QueueSummary): string {
  const { done, waiting, paused } = queue;
  const parts = [`${done} of ${total} files done`];
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (paused > 0) parts.push(`${paused} paused`);
  return parts.join(', ');
}

/** How much has arrived, of how much where that is known. */
export function amountText({ queue }: QueueSummary): string {
  const { waiting, heldBytes, sizeBytes } = queue;
  if (sizeBytes <= heldBytes || waiting > 0) return formatBytes(heldBytes);
  return `${formatBytes(heldBytes)} of ${formatBytes(sizeBytes)}`;
}

/** The time left, with a word of caution where sizes are guessed; empty while it cannot be told. */
export function leftText({ queue, leftMs }: QueueSummary): string {
  if (leftMs === undefined) return '';
  return `${queue.waiting > 0 ? 'about ' : ''}${formatDuration(leftMs)} left`;
}

/** Why nothing runs, and until when; undefined while something does. `wallMs`: as of `Date.now()`. */
export function restText(state: EngineState, wallMs: number): string | undefined {
  const { running, opensAtMs, paused, waiting } = state.queue;
  if (!hasQueue(state) || running > 0) return undefined;
  if (opensAtMs !== undefined && waiting > 0)
    // Schedules are in minutes, and clocks drift by less.
    return `Starts at ${clock(Math.round(opensAtMs / MINUTE_MS) * MINUTE_MS)}, in ${formatDuration(opensAtMs - wallMs)}`;
  return paused > 0 && waiting === 0 ? 'Paused. In another terminal: dragonload resume --all' : undefined;
}

/** All of it in one line, for logs. */
export function queueLine(summary: QueueSummary): string {
  const { queue, rate } = summary;
  const failed = queue.failed > 0 ? `, ${queue.failed} failed` : '';
  const left = leftText(summary);
  const parts = [`${countsText(summary)}${failed}: ${amountText(summary)}`];
  if (rate > 0) parts.push(formatRate(rate));
  if (left !== '') parts.push(left);
  return parts.join(', ');
}

/** The time of day, local. */
function clock(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}
