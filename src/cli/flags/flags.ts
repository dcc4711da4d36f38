import type { CommandName } from './commands.ts';
import { END_FLAGS } from './end-flags.ts';
import type { Flag } from './flag.ts';
import { GENERAL_FLAGS } from './general-flags.ts';
import { QUEUE_FLAGS } from './queue-flags.ts';
import { REQUEST_FLAGS } from './request-flags.ts';
import { ROOM_FLAGS } from './room-flags.ts';

/**
 * The one table of what ways of downloading take, in the order of the help. Parsing, help, completion, the options of a run
 * and the checks of what goes together derive from it.
 */
export const FLAG_TABLE = [
  ...GENERAL_FLAGS,
  ...ROOM_FLAGS,
  ...QUEUE_FLAGS,
  ...REQUEST_FLAGS,
  ...END_FLAGS,
] as const;

/** The same, without the type of each. */
export const FLAGS: readonly Flag[] = FLAG_TABLE;

/** The flags that a command takes. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return FLAGS.filter(({ only }) => only === undefined || only.includes(command));
}

/** The flags of `get` that can be given anew when downloads go on. */
export function flagsAgain(): readonly Flag[] {
  return flagsOf('get').filter(({ isOnce }) => isOnce !== true);
}
