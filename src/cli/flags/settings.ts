import type { QueueOptions, TaskOptions } from '../../engine/base/task.ts';
import type { Job } from '../../lists/job.ts';
import type { CommandName } from './commands.ts';
import type { Destination, Flag, RequestOptions, RunOptions } from './flag.ts';
import { FLAGS } from './flags.ts';
import { keyOf, type Parsed } from './parsed.ts';

/** What a command line asks for, beside what to download. */
export interface RunSettings {
  readonly options: TaskOptions;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  /** What is to be said first. */
  readonly warnings?: readonly string[];
}

const INSECURE =
  'Warning: with --insecure nobody checks who the origin is; anyone on the way may have changed the file.';

/** How a run is carried out and told about. */
export function runSettingsOf(way: CommandName, parsed: Parsed): RunSettings {
  const { run, task } = optionsOf(way, parsed);
  const { json = false, quiet = false, yes = false } = run;
  return { options: task, json, quiet, yes, warnings: parsed.insecure ? [INSECURE] : [] };
}

/** What the flags say of each download of this command line. `output` and what else is for a single one is among it. */
export function jobSettingsOf(way: CommandName, parsed: Parsed): Partial<Job> {
  return optionsOf(way, parsed).job;
}

/** The flags, each in its place. What was not given is left out, so that the engine's own defaults hold. */
interface Options {
  readonly task: TaskOptions;
  readonly run: Partial<RunOptions>;
  readonly job: Partial<Job>;
}

type Section = Destination extends `${infer Name}.${string}` ? Name : never;

function optionsOf(way: CommandName, parsed: Parsed): Options {
  const sections: Record<Section, Record<string, unknown>> = {
    task: {},
    request: {},
    queue: {},
    run: {},
    job: {},
  };
  for (const flag of FLAGS) {
    const value = givenBy(flag, parsed);
    const to = way === 'join' ? (flag.joinTo ?? flag.to) : flag.to;
    if (value === undefined || to === undefined) continue;
    const [section, name] = to.split('.') as [Section, string];
    sections[section][name] = to === 'job.checksums' ? [{ checksum: value, by: flag.long }] : value;
  }
  const request: RequestOptions = sections.request;
  const queue: QueueOptions = sections.queue;
  return {
    task: { ...sections.task, ...orNothing('request', request), ...orNothing('queue', queue) },
    run: sections.run,
    job: sections.job,
  };
}

/** A switch counts only where it says something else than its default. */
function givenBy(flag: Flag, parsed: Parsed): unknown {
  const value: unknown = parsed[keyOf(flag.long)];
  if (flag.value !== undefined || value === undefined) return value;
  const isOn = flag.long.startsWith('--no-') ? value === false : value === true;
  return isOn ? (flag.means ?? value) : undefined;
}

function orNothing<Name extends string, T extends object>(name: Name, options: T): { [K in Name]?: T } {
  return Object.keys(options).length > 0 ? ({ [name]: options } as { [K in Name]?: T }) : {};
}
