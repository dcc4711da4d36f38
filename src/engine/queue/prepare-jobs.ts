import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import { jobOf } from '../../downloads/job-row.ts';
import type { Job } from '../../lists/job.ts';
import type { DownloadRow } from '../../store/download-row.ts';

/** A job that is ready to wait for its turn. */
export interface PreparedJob {
  readonly job: Job;
  /** Absolute. */
  readonly directory: string;
  /** What counts against the limit for one host; empty for what is no URL, which will be told when its turn comes. */
  readonly host: string;
}

/**
 * The jobs of a call: targets are URLs, or jobs that say more. One that is there twice is taken once. Throws `usage` for
 * a directory outside the task's that was not named in full.
 *
 * @param directory Absolute: where files go unless their job says otherwise.
 */
export function prepareJobs(
  targets: readonly (string | Job)[],
  directory: string,
  onNotice: (message: string) => void,
): readonly PreparedJob[] {
  const prepared = new Map<string, PreparedJob>();
  for (const target of targets) {
    const job: Job = typeof target === 'string' ? { url: target } : target;
    const ready = {
      job,
      directory: job.directory === undefined ? directory : directoryInside(directory, job.directory),
      host: URL.canParse(job.url) ? new URL(job.url).host : '',
    };
    const key = keyOf(ready);
    if (!prepared.has(key)) prepared.set(key, ready);
  }
  const twice = targets.length - prepared.size;
  if (twice > 0)
    onNotice(
      `${twice === 1 ? 'A download is' : `${twice} downloads are`} there twice and will be made once.`,
    );
  return [...prepared.values()];
}

/** Two jobs with the same key are one download. */
export function keyOf({ job, directory }: PreparedJob): string {
  return JSON.stringify([job.url, directory, job.output]);
}

/**
 * A job with what the list knows of it from an earlier run: the name under which its part lies, whatever a fresh link
 * calls it, and further addresses, such as links that came while it did not run. Those of another's making stay with
 * jobs of that kind: see `Job.trusted`.
 */
export function withKnown(prepared: PreparedJob, row: DownloadRow | undefined): PreparedJob {
  const { job } = prepared;
  if (row === undefined || row.state === 'done') return prepared;
  const fileName = job.fileName ?? (row.path === undefined ? undefined : basename(row.path));
  const known = jobOf(row);
  const isSame = known?.url === job.url && known.trusted === job.trusted;
  const mirrors = [...new Set([...(job.mirrors ?? []), ...((isSame && known.mirrors) || [])])];
  return {
    ...prepared,
    job: {
      ...job,
      ...(fileName === undefined ? {} : { fileName }),
      ...(mirrors.length > 0 ? { mirrors } : {}),
    },
  };
}

/** A directory as the user names it: below `base`, or anywhere when it is named in full. Throws `usage`. */
export function directoryInside(base: string, name: string): string {
  if (isAbsolute(name)) return resolve(name);
  const directory = resolve(base, name);
  const way = relative(base, directory);
  if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return directory;
  throw new DragonloadError('usage', `The directory ${JSON.stringify(name)} is outside ${base}.`, {
    hint: advice('If that is meant, write it in full, from the root.'),
  });
}
