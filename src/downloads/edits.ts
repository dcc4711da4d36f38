import { PART_SUFFIX } from '../core/file-name.ts';
import { places } from '../disk/files/places.ts';
import type { Job } from '../lists/job.ts';
import type { DownloadRow } from '../store/download-row.ts';
import { Store } from '../store/store.ts';
import { displayUrl } from '../url/web-url.ts';

export type { DownloadRow, DownloadState } from '../store/download-row.ts';
export type { Store } from '../store/store.ts';
export { jobOf } from './job-row.ts';
export { displayUrl };

/** The list of downloads of this user. Throws `state-broken` or `unwritable` when it cannot be had. */
export function openStore(onNotice: (message: string) => void): Store {
  return Store.open(places().dataDir, onNotice);
}

/** The job of a row, in its written form, with a fresh link in front of its other addresses. */
export function withFreshLink(job: string, url: string): string {
  const known = JSON.parse(job) as Job;
  const others = (known.mirrors ?? []).filter((mirror) => mirror !== url);
  return JSON.stringify({ ...known, mirrors: [url, ...others] });
}

/** The job of a row, in its written form, with another priority or limit; as it was where it cannot be read. */
export function withChange(
  row: DownloadRow,
  change: {
    readonly priority?: number;
    readonly limitRate?: number | undefined;
  },
): string {
  try {
    return JSON.stringify({ ...(JSON.parse(row.job) as Job), ...change });
  } catch {
    return row.job;
  }
}

/**
 * Deletes what has arrived of an unfinished download that no process works on. False: a process has it after all, or
 * nobody knows where it lies.
 */
export async function deletePart({ path }: DownloadRow): Promise<boolean> {
  if (path === undefined) return true;
  const { removePart } = await import('../disk/remove-part.ts');
  return removePart(path + PART_SUFFIX, places().dataDir);
}
