import type { Task, TaskOptions } from '../../engine/base/task.ts';
import type { Job } from '../../lists/job.ts';
import type { CommandName } from '../flags/commands.ts';

/** What to download: URLs, or jobs that say more; for a `join` the one invite. */
export type Target = string | Job;

/** Begins to take part in one of the three ways; one engine for all. */
export type Start = (targets: readonly Target[], options: TaskOptions) => Task | Promise<Task>;

/** Loads the engine, which nothing but a download needs. */
export async function loadEngine(way: CommandName): Promise<Start> {
  const engine = await import('../../app/start.ts');
  if (way === 'get') return engine.startGet;
  if (way === 'host') return (targets, options) => engine.startHost(targets, options);
  return ([invite], options) => engine.startJoin(invite as string, options);
}
