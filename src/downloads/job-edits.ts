import type { Job } from '../lists/job.ts';
import type { DownloadRow } from '../store/download-row.ts';

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
