import { dirname } from 'node:path';
import { type DownloadRow, jobOf, type Store } from '../../downloads/edits.ts';
import type { Job } from '../../lists/job.ts';
import { checkRequests } from '../flags/combinations.ts';
import { runSettingsOf } from '../flags/settings.ts';
import { usageError } from '../flags/usage.ts';
import { runDownload } from '../run/run.ts';
import { checkChoice, rowsOf } from './choose.ts';
import type { ListFlags } from './list-flags.ts';
import { say } from './say.ts';

const UNFINISHED = ['failed', 'paused', 'waiting', 'running'] as const;

/** `dragonload resume`: those that a living process has paused go on there, the others here. */
export async function resume(
  store: Store,
  ids: readonly string[],
  flags: ListFlags,
): Promise<number | undefined> {
  checkChoice(
    ids,
    [
      ['--all', flags.all],
      ['--failed', flags.failed],
    ],
    false,
  );
  checkRequests(flags);
  const named = rowsOf(store, ids);
  const rows = named.length > 0 ? named : store.list({ states: flags.failed ? ['failed'] : UNFINISHED });
  const jobs = hereOf(store, rows, named.length > 0);
  if (jobs.length > 0) return runDownload('get', jobs, runSettingsOf('get', flags));
  if (rows.length === 0) say('There is nothing to go on with.');
  return undefined;
}

/** What this process is to go on with. Tells about the others, and tells the processes that have them. */
function hereOf(store: Store, rows: readonly DownloadRow[], named: boolean): readonly Job[] {
  const jobs: Job[] = [];
  const paused: number[] = [];
  let elsewhere = 0;
  for (const row of rows) {
    if (row.state === 'done') say(`Download ${row.id} is finished.`);
    else if (row.isTaken === true) {
      elsewhere += 1;
      if (row.state !== 'running') paused.push(row.id);
      if (named) say(`Download ${row.id} ${row.state === 'running' ? 'is running.' : GOES_ON}`);
    } else if (row.way === 'join') {
      say(`Download ${row.id} belongs to a room: join it again with its invite.`);
    } else {
      const job = jobFrom(row);
      if (job !== undefined) jobs.push(job);
      else if (named) throw unreadable(row.id);
      else say(unreadable(row.id).message);
    }
  }
  store.together(() => {
    for (const download of paused) store.request({ kind: 'resume', download });
  });
  if (!named && elsewhere > 0) say(`Another process has ${elsewhere} of them: they go on there.`);
  return jobs;
}

const GOES_ON = 'goes on in the process that has it.';

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

function unreadable(id: number): Error {
  return usageError(`What is known of download ${id} cannot be read.`, 'Begin it again with its URL.');
}
