import { dirname } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';
import type { Job } from '../lists/job.ts';
import type { DownloadRow } from '../store/download-row.ts';
import { jobOf } from './job-row.ts';

/**
 * What is to be done so that a download goes on: `start` its job in this process, or `ask` the living process that keeps
 * it paused or waiting. Nothing can or need be done when it is `done`, when it is `running` in another process, when it
 * belongs to a `room` that has to be joined again, and when its row is `unreadable`.
 */
export type ResumeStep =
  | { readonly kind: 'start'; readonly id: number; readonly job: Job }
  | { readonly kind: 'ask' | 'done' | 'running' | 'room' | 'unreadable'; readonly id: number };

/** How a download that this process does not have goes on. */
export function resumeStep(row: DownloadRow): ResumeStep {
  const { id, state } = row;
  if (state === 'done') return { kind: 'done', id };
  if (row.isTaken === true) return { kind: state === 'running' ? 'running' : 'ask', id };
  if (row.way === 'join') return { kind: 'room', id };
  const job = jobFrom(row);
  return job === undefined ? { kind: 'unreadable', id } : { kind: 'start', id, job };
}

/**
 * The job of a row. What has arrived keeps its name, whatever a fresh link would call it, and its place, where a category
 * may have put it.
 */
export function jobFrom(row: DownloadRow): Job | undefined {
  const job = jobOf(row);
  if (job === undefined || row.path === undefined || job.output !== undefined) return job;
  const fileName = row.fileName ?? job.fileName;
  return { ...job, directory: dirname(row.path), ...(fileName === undefined ? {} : { fileName }) };
}

/** The row of a download does not say what to fetch: it was edited, or another version has written it. */
export function unreadable(id: number): DragonloadError {
  return new DragonloadError('usage', `What is known of download ${id} cannot be read.`, {
    facts: { id },
    hint: advice('Begin it again with its URL.'),
  });
}
