import { isUnderWay } from './queue-state.ts';
import type { DownloadState, EngineState, QueueState } from './state.ts';

/** How all of several downloads go. */
export interface QueueSummary {
  readonly queue: QueueState;
  readonly total: number;
  /** Bytes per second, from origins and the LAN together. */
  readonly rate: number;
  /** Estimated time to the end of all, in milliseconds; undefined while nothing moves. */
  readonly leftMs: number | undefined;
}

/** How fast files come and bytes with them, as a `Pace` has noted it. */
export interface PaceRates {
  readonly bytesPerSecond: number;
  readonly filesPerSecond: number;
}

/** Sums the downloads up and estimates what is left. `pace`: for files too small to have a rate. */
export function queueSummary({ queue, downloads }: EngineState, pace?: PaceRates): QueueSummary {
  const { waiting, running, done, heldBytes, sizeBytes } = queue;
  const total = totalOf(queue);
  const rate = downloads.reduce((sum, { originRate, lanRate }) => sum + originRate + lanRate, 0);
  if (rate === 0 && pace !== undefined && pace.filesPerSecond > 0) {
    const leftMs = ((waiting + running) / pace.filesPerSecond) * 1000;
    return { queue, total, rate: pace.bytesPerSecond, leftMs };
  }
  // Those whose turn is still to come are taken to be as large as the others.
  const known = done + running;
  const toCome = known > 0 ? (sizeBytes / known) * waiting : 0;
  const leftMs = rate > 0 ? ((Math.max(0, sizeBytes - heldBytes) + toCome) / rate) * 1000 : undefined;
  return { queue, total, rate, leftMs };
}

/** Whether there are several downloads, so that it has to be said which one is meant. */
export function isSeveral({ queue }: EngineState): boolean {
  return totalOf(queue) > 1;
}

/** Whether there is a queue to speak of: several downloads alone, or one that waits for its hour. */
export function hasQueue(state: EngineState): boolean {
  return state.rooms.length === 0 && (isSeveral(state) || state.queue.opensAtMs !== undefined);
}

/** The download that a person wants to see: the first that is under way, else the last one that is over. */
export function currentDownload({ downloads }: EngineState): DownloadState | undefined {
  return (
    downloads.find(isUnderWay) ?? downloads.findLast(({ status }) => status === 'done' || status === 'failed')
  );
}

function totalOf({ waiting, running, paused, done, failed }: QueueState): number {
  return waiting + running + paused + done + failed;
}
