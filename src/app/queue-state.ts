import type { DownloadState, QueueState } from './state.ts';

/** Counts downloads and adds up what has arrived of them. `gate`: what the schedule and the quota say. */
export function queueStateOf(
  downloads: readonly DownloadState[],
  gate: Pick<QueueState, 'opensAtMs' | 'isQuotaSpent'>,
): QueueState {
  const counts = { waiting: 0, running: 0, paused: 0, done: 0, failed: 0 };
  let heldBytes = 0;
  let sizeBytes = 0;
  for (const download of downloads) {
    const group = groupOf(download);
    if (group !== undefined) counts[group]++;
    if (group !== 'done' && !isUnderWay(download)) continue;
    heldBytes += download.heldBytes;
    sizeBytes += download.sizeBytes ?? 0;
  }
  return { ...counts, ...gate, heldBytes, sizeBytes };
}

/** Whether it has its turn. In a room all are taken up together, and one that waits is the next to be fetched. */
export function isUnderWay({ status, room }: DownloadState): boolean {
  return (
    status === 'finding' ||
    status === 'running' ||
    status === 'checking' ||
    (status === 'waiting' && room !== undefined)
  );
}

/** Under which count it falls; one that is being removed under none. */
function groupOf({
  status,
}: DownloadState): 'waiting' | 'running' | 'paused' | 'done' | 'failed' | undefined {
  if (status === 'removed') return undefined;
  return status === 'finding' || status === 'checking' ? 'running' : status;
}
