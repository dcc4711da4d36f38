import type { ItemOutcome } from '../../core/queue/api.ts';
import type { DownloadView } from '../../core/view.ts';
import { PART_SUFFIX } from '../../disk/file-name.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import type { Progress } from '../upkeep/registry.ts';
import type { DownloadEnd, QueuedDownload } from './download.ts';

/** How far a download has come, for the list. */
export function progressOf(view: DownloadView, download: QueuedDownload): Progress {
  const { fileName, sizeBytes, heldBytes, originBytes, lanBytes, originRate, lanRate } = view;
  return {
    fileName,
    path: download.targetPath,
    sizeBytes,
    heldBytes,
    originBytes,
    lanBytes,
    bytesPerSecond: Math.round(originRate + lanRate),
  };
}

/** What the queue is to think of an end. */
export function outcomeOf(end: DownloadEnd): ItemOutcome {
  if (end.kind === 'done') return 'done';
  if (end.kind === 'failed') return end.error.mayPass ? 'may-pass' : 'failed';
  return 'stopped';
}

/** Where the part of an unfinished download lies, as far as the list knows. */
export function partPathOf(row: DownloadRow | undefined): string | undefined {
  return row?.path === undefined || row.state === 'done' ? undefined : row.path + PART_SUFFIX;
}
