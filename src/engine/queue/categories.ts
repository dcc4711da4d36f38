import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { QueueOptions } from '../base/task.ts';
import { directoryInside } from './prepare-jobs.ts';

/** Chooses directories by file name. */
export class Categories {
  readonly #rules: readonly { readonly pattern: string; readonly directory: string }[];

  /** Throws `usage` for an empty pattern, or for a directory outside `base` that is not named in full. */
  constructor(categories: QueueOptions['categories'], base: string) {
    this.#rules = (categories ?? []).map(([pattern, directory]) => {
      if (pattern !== '') return { pattern: folded(pattern), directory: directoryInside(base, directory) };
      throw new DragonloadError('usage', `The pattern for ${JSON.stringify(directory)} is empty.`, {
        hint: advice('Write what the file names look like, such as "*.iso".'),
      });
    });
  }

  /** The directory of the first pattern that fits; undefined when none does. */
  directoryFor(fileName: string): string | undefined {
    const name = folded(fileName);
    return this.#rules.find(({ pattern }) => fits(name, pattern))?.directory;
  }
}

/**
 * Whether a pattern of `*` (any characters, or none), `?` (any one) and others fits all of a name. Goes back only to
 * the last `*`, so that no pattern takes longer than the product of the lengths.
 */
export function fits(name: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let retry = 0;
  while (at < name.length) {
    if (pattern[next] === '*') {
      star = next++;
      retry = at;
    } else if (pattern[next] === '?' || pattern[next] === name[at]) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[next] === '*') next++;
  return next === pattern.length;
}

/** Upper and lower case are one, and so are the two ways of writing an accent. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
