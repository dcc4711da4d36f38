import { DragonloadError } from '../core/errors.ts';
import type { HomeRemedy } from '../core/hint.ts';

/** Thrown for a file that is not a list of downloads, or is damaged. Never leaves this layer. */
export class Damaged extends Error {}

/** SQLite result codes, www.sqlite.org/rescode.html: the low byte of what node:sqlite calls `errcode`. */
const CODES = {
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADb: 26,
};

function resultOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number')
    return undefined;
  return thrown.errcode & 0xff;
}

/** Whether the error comes from SQLite. */
export function isSqliteError(thrown: unknown): boolean {
  return resultOf(thrown) !== undefined;
}

/** Whether another process uses the file, so that the operation should be tried again. */
export function isBusy(thrown: unknown): boolean {
  const result = resultOf(thrown);
  return result === CODES.busy || result === CODES.locked;
}

/** Whether the file cannot be used any more. */
export function isDamage(thrown: unknown): boolean {
  const result = resultOf(thrown);
  return thrown instanceof Damaged || result === CODES.corrupt || result === CODES.notADb;
}

/**
 * Whether a reference points at nothing (SQLITE_CONSTRAINT_FOREIGNKEY), as an error of SQLite or as a DragonloadError.
 */
export function isForeignKeyError(thrown: unknown): boolean {
  if (thrown instanceof DragonloadError) return isForeignKeyError(thrown.cause);
  return thrown instanceof Error && 'errcode' in thrown && thrown.errcode === 787;
}

/** The error for a failure of the list of downloads at `path`: `unwritable` or `state-broken`. */
export function storeError(thrown: unknown, path: string): DragonloadError {
  if (thrown instanceof DragonloadError) return thrown;
  const options = { cause: thrown };
  const unwritable = (message: string, instead: HomeRemedy) =>
    new DragonloadError('unwritable', message, {
      facts: { path },
      hint: { kind: 'choose-home', path, instead },
      ...options,
    });
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  switch (resultOf(thrown)) {
    case CODES.full:
      return unwritable(`There is no space left for the list of downloads at ${path}.`, 'free-space');
    case CODES.perm:
    case CODES.readonly:
    case CODES.cantOpen:
      return unwritable(`The list of downloads at ${path} cannot be written.`, 'change-permissions');
    case CODES.io:
      return unwritable(`The disk that holds the list of downloads at ${path} failed.`, 'check-disk');
    case CODES.busy:
    case CODES.locked:
      return new DragonloadError('state-broken', `${path} is locked by another process.`, {
        facts: { path },
        hint: { kind: 'end-process' },
        ...options,
      });
    case undefined:
      if (/^E[A-Z]+$/.test(code)) {
        return unwritable(
          `The list of downloads at ${path} cannot be written (${code}).`,
          'change-permissions',
        );
      }
  }
  return new DragonloadError('state-broken', `The list of downloads at ${path} cannot be used.`, {
    facts: { path },
    hint: { kind: 'choose-home', path, instead: 'move-file' },
    ...options,
  });
}
