import type { DragonloadError } from '../core/errors.ts';

/** What the process ends with; scripts rely on it. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The exit code for an error that ended a run. An invite that is not one is wrong usage. */
export function exitCodeFor(error: DragonloadError): number {
  if (error.code === 'usage' || error.code === 'bad-invite') return EXIT.usage;
  return error.code === 'aborted' ? EXIT.interrupted : EXIT.failed;
}
