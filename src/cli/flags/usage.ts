import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';

/** The error of a command line that cannot be carried out as written; ends with exit code 2. */
export function usageError(message: string, next: string): DragonloadError {
  return new DragonloadError('usage', message, { hint: advice(next) });
}
