import type { QueueOptions, TaskOptions } from '../../engine/base/task.ts';
import type { Job } from '../../lists/job.ts';
import type { CommandName } from './commands.ts';

/** Headings under which flags stand in help. */
export type FlagGroup = 'Options' | 'Room' | 'Queue' | 'Requests' | 'When it is done';

export type RequestOptions = NonNullable<TaskOptions['request']>;

/** How a run is told about, and what it starts from. */
export interface RunOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  /** A list of downloads to read. */
  readonly input: string;
}

/**
 * Where the value of a flag goes: an option of the whole run, of its requests, of its queue, of how it is told about, or of
 * each download (`job`).
 */
export type Destination =
  | `task.${keyof TaskOptions}`
  | `request.${keyof RequestOptions}`
  | `queue.${keyof QueueOptions}`
  | `run.${keyof RunOptions}`
  | `job.${keyof Job}`;

/**
 * Reads the value of a flag as the user wrote it. Throws a usage error for what is none. `before`: what the same flag said
 * earlier on the line.
 */
export type Parse<V> = (text: string, before: unknown) => V;

/** A flag: all that parsing, help, completion and the options of a run need to know of it. Plain data, but for `parse`. */
export interface Flag {
  readonly short?: string;
  readonly long: string;
  /** Name of the value in help; flags without one are switches. */
  readonly value?: string;
  /** The value may be left out. */
  readonly optional?: boolean;
  /** The line in help. It names the default, if there is one. */
  readonly help: string;
  /** What shells offer for the value. */
  readonly completes?: 'directory' | 'file';
  readonly group?: FlagGroup;
  /** The commands that take it. Default: every way of downloading. */
  readonly only?: readonly CommandName[];
  /** Commands that take it for the sake of scripts, and do nothing with it: not in their help. */
  readonly idleIn?: readonly CommandName[];
  /** `resume` does not take it: it holds for one URL, or for where files go, which downloads begun before have. */
  readonly isOnce?: boolean;
  /** What the value means. Default: the text as it was written. */
  readonly parse?: Parse<unknown>;
  readonly to?: Destination;
  /** Where it goes in a `join`, which has no jobs of its own. */
  readonly joinTo?: Destination;
  /** What a switch stands for. Default: true, and false for `--no-...`. */
  readonly means?: string | number;
  /** It is for a single download: what to do when there are several. */
  readonly single?: string;
  /** Another flag that must be given too, and what to do about it. */
  readonly needs?: readonly [long: string, advice: string];
  /** A flag that must not be given too. */
  readonly excludes?: string;
}

/** For flags that may be repeated: the values in order. */
export function list<V>(parse: (text: string) => V): Parse<readonly V[]> {
  return (text, before) => [...((before as readonly V[] | undefined) ?? []), parse(text)];
}
