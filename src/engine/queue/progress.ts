import type { ErrorCode } from '../../core/errors.ts';
import { PART_SUFFIX } from '../../core/file-name.ts';
import type { ItemOutcome } from '../../core/queue/api.ts';
import type { DownloadView } from '../../core/view.ts';
import type { Progress } from '../../downloads/registry.ts';
import { HostPaused } from '../../origin/limits/host-pauses.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import type { DownloadEnd, QueuedDownload } from './queued-download.ts';

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

/** Codes of errors that say no more than that an origin could not be reached or did not do its work. */
const OUT_OF_REACH: readonly ErrorCode[] = ['origin-failed', 'dns'];

/**
 * What the queue is to think of an end. An origin that had the file before comes back, most of the time; one that has
 * not been seen yet may be a slip of the pen, and is tried again (`isTried`) only if it has answered that it is busy. One
 * that was left alone because its host has asked for a pause has not been tried.
 */
export function outcomeOf(
  end: DownloadEnd,
  { wasFound, isTried }: { readonly wasFound: boolean; readonly isTried: boolean },
): ItemOutcome {
  if (end.kind === 'done') return 'done';
  if (end.kind !== 'failed') return 'stopped';
  const { mayPass, code, cause } = end.error;
  const passes = wasFound ? mayPass || OUT_OF_REACH.includes(code) : mayPass && isTried;
  if (!passes) return 'failed';
  return cause instanceof HostPaused ? 'held-off' : 'may-pass';
}

/** Where the part of an unfinished download lies, as far as the list knows. */
export function partPathOf(row: DownloadRow | undefined): string | undefined {
  return row?.path === undefined || row.state === 'done' ? undefined : row.path + PART_SUFFIX;
}
