import type { DragonloadError } from '../../core/errors.ts';

/** What the process ends with; scripts rely on it. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Errors of the command line: an invite that is none, a number that no download has, a download that is finished. */
const WRONG_USAGE: readonly string[] = ['usage', 'bad-invite', 'unknown-download', 'wrong-state'];

/** The exit code for an error that ended a run. */
export function exitCodeFor(error: DragonloadError): number {
  if (WRONG_USAGE.includes(error.code)) return EXIT.usage;
  return error.code === 'aborted' ? EXIT.interrupted : EXIT.failed;
}
