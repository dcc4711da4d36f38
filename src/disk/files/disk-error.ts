import { dirname } from 'node:path';
import { DragonloadError } from '../../core/errors.ts';
import { lackOfSpace } from './disk-space.ts';

/** The code of a system error such as `ENOENT`; undefined for anything else. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}

/**
 * The error for a failed file operation on `path`: `disk-full`, `unwritable`, or `internal` for unexpected ones.
 * `neededBytes`: how much is still to be written there, for the message when the disk is full.
 */
export function diskError(thrown: unknown, path: string, neededBytes?: () => number): DragonloadError {
  if (thrown instanceof DragonloadError) return thrown;
  const cause = thrown;
  switch (codeOf(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return (
        (neededBytes && lackOfSpace(dirname(path), neededBytes(), cause)) ??
        // A disk quota, or no space for another directory entry.
        new DragonloadError('disk-full', `There is no space left to write ${path}.`, {
          facts: { path },
          hint: { kind: 'free-space', path },
          cause,
        })
      );
    case 'EFBIG':
      return new DragonloadError('unwritable', `The file is too large for the file system of ${path}.`, {
        facts: { path },
        hint: { kind: 'choose-disk', path },
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new DragonloadError('unwritable', `Writing to ${path} is not allowed.`, {
        facts: { path },
        hint: { kind: 'choose-directory', path },
        cause,
      });
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'EINVAL':
    // The error of Node for a name with a zero byte.
    case 'ERR_INVALID_ARG_VALUE':
      return new DragonloadError('unwritable', `${path} cannot be created (${codeOf(thrown)}).`, {
        facts: { path },
        hint: { kind: 'choose-path', path },
        cause,
      });
    case 'EIO':
    case 'ESTALE':
    case 'ENXIO':
    case 'ENODEV':
      return new DragonloadError('unwritable', `The disk that holds ${path} failed (${codeOf(thrown)}).`, {
        facts: { path },
        hint: { kind: 'check-disk', path },
        cause,
      });
    default:
      return DragonloadError.from(thrown);
  }
}

/** Runs `act` and turns a system error about `path` into a `DragonloadError`. */
export async function onDisk<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    throw diskError(thrown, path);
  }
}
