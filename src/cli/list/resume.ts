import { type DownloadRow, jobOf, type Store } from '../../member/downloads.ts';
import { parseRate } from '../rate.ts';
import { runDownload } from '../run.ts';
import { usageError } from '../usage.ts';
import { wholeNumber } from '../values.ts';
import { type ListFlags, say } from './carry-out.ts';

/** `dragonload resume`: those that a living process has paused go on there, the others here. */
export async function resume(
  store: Store,
  named: readonly DownloadRow[],
  flags: ListFlags,
): Promise<number | undefined> {
  const states = flags.failed === true ? (['failed'] as const) : UNFINISHED;
  const rows = named.length > 0 ? named : store.list({ states });
  const here: DownloadRow[] = [];
  for (const row of rows) {
    if (row.state === 'done') say(`Download ${row.id} is finished.`);
    else if (store.isRunning(row.id)) {
      if (row.state === 'running') {
        if (named.length > 0) say(`Download ${row.id} is running.`);
        continue;
      }
      store.request({ kind: 'resume', download: row.id });
      say(`Download ${row.id} goes on in the process that paused it.`);
    } else if (row.way === 'join') {
      say(`Download ${row.id} belongs to a room: join it again with its invite.`);
    } else here.push(row);
  }
  if (here.length === 0) {
    if (rows.length === 0) say('There is nothing to go on with.');
    return undefined;
  }
  const options = {
    ...(typeof flags.limit === 'string' ? { limitRate: parseRate(flags.limit) } : {}),
    ...(typeof flags.concurrent === 'string'
      ? { queue: { concurrent: wholeNumber('--concurrent', flags.concurrent, 1, 64) } }
      : {}),
  };
  const settings = { options, json: flags.json === true, quiet: flags.quiet === true, yes: false };
  return runDownload('get', here.map(readJob), settings);
}

const UNFINISHED = ['failed', 'paused', 'waiting', 'running'] as const;

function readJob(row: DownloadRow): NonNullable<ReturnType<typeof jobOf>> {
  const job = jobOf(row);
  if (job !== undefined) return job;
  throw usageError(`What is known of download ${row.id} cannot be read.`, 'Begin it again with its URL.');
}
