import { DragonloadError } from '../../core/errors.ts';

/** What a room has once it is open. Throws `internal` when it is asked for before that. */
export function mustBeOpen<T>(value: T | undefined): T {
  if (value === undefined) throw new DragonloadError('internal', 'The room was used before it was open.');
  return value;
}
