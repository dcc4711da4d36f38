import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { Sources } from '../../origin/sources/sources.ts';

/** Where a download gets bytes beside the room. */
export type FileSources = Pick<
  Sources,
  | 'add'
  | 'fetchRange'
  | 'doubt'
  | 'doubtOthers'
  | 'isFirstLeft'
  | 'hadOthers'
  | 'mirrored'
  | 'networkChanged'
  | typeof Symbol.asyncDispose
>;

/** Why nobody can fetch a file that has no origin. */
export function noOrigin(): DragonloadError {
  return new DragonloadError(
    'origin-missing',
    'The file is shared by members alone, and nobody who is present has what is missing.',
    { hint: advice('Ask whoever shared it to open a room again. What has arrived is kept.') },
  );
}

/**
 * Stands for the addresses of a file that has none: whatever is asked for is refused. An address that somebody names is not
 * used, since nothing at hand shows that it has the same file.
 */
export const NO_SOURCES: FileSources = {
  add: () => {},
  fetchRange: async () => {
    const error = noOrigin();
    return { outcome: 'refused', message: error.message, error, receivedBytes: 0 };
  },
  doubt: () => {},
  doubtOthers: () => [],
  isFirstLeft: false,
  hadOthers: false,
  mirrored: undefined,
  networkChanged: () => {},
  [Symbol.asyncDispose]: async () => {},
};
