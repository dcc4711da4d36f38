import type { DownloadCommands } from '../../downloads/download-commands.ts';
import { type ResumeStep, resumeStep, unreadable } from '../../downloads/resume-plan.ts';
import type { Job } from '../../lists/job.ts';
import { checkRequests } from '../flags/combinations.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { runSettingsOf } from '../flags/settings.ts';
import { runDownload } from '../run/run.ts';
import { checkChoice, rowsOf } from './choose.ts';
import { say } from './say.ts';

const UNFINISHED = ['failed', 'paused', 'waiting', 'running'] as const;

/** `dragonload resume`: those that a living process has paused go on there, the others here. */
export async function resume(
  commands: DownloadCommands,
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
  const named = rowsOf(commands, ids);
  const isNamed = named.length > 0;
  const rows = isNamed ? named : commands.list({ states: flags.failed ? ['failed'] : UNFINISHED });
  const steps = rows.map(resumeStep);
  const jobs: Job[] = [];
  for (const step of steps) {
    if (step.kind === 'start') jobs.push(step.job);
    else if (step.kind === 'unreadable' && isNamed) throw unreadable(step.id);
    const words = wordsOf(step, isNamed);
    if (words !== undefined) say(words);
  }
  commands.askToResume(steps.filter(({ kind }) => kind === 'ask').map(({ id }) => id));
  const elsewhere = steps.filter(({ kind }) => kind === 'ask' || kind === 'running').length;
  if (!isNamed && elsewhere > 0) say(`Another process has ${elsewhere} of them: they go on there.`);
  if (jobs.length > 0) return runDownload('get', jobs, runSettingsOf('get', flags));
  if (rows.length === 0) say('There is nothing to go on with.');
  return undefined;
}

/** What is told of a download that does not go on here. Of those of other processes, if they are many, only the number. */
function wordsOf({ kind, id }: ResumeStep, isNamed: boolean): string | undefined {
  switch (kind) {
    case 'start':
      return undefined;
    case 'done':
      return `Download ${id} is finished.`;
    case 'running':
      return isNamed ? `Download ${id} is running.` : undefined;
    case 'ask':
      return isNamed ? `Download ${id} goes on in the process that has it.` : undefined;
    case 'room':
      return `Download ${id} belongs to a room: join it again with its invite.`;
    case 'unreadable':
      return unreadable(id).message;
  }
}
