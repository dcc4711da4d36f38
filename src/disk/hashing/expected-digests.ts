import { DragonloadError } from '../../core/errors.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { Hint } from '../../core/hint.ts';

/**
 * Throws `digest-mismatch`, with `hint`, for the first expected digest that the file called `name` does not have.
 * `digests`: those that it has, by algorithm in lower-case hex.
 */
export function checkDigests(
  name: string,
  digests: Readonly<Record<string, string>>,
  expected: readonly ExpectedDigest[],
  hint: Hint,
): void {
  for (const { algorithm, hex, by } of expected) {
    const actual = digests[algorithm];
    if (actual === hex.toLowerCase()) continue;
    throw new DragonloadError(
      'digest-mismatch',
      `${name} has the ${algorithm} ${actual}, but ${by} says it should be ${hex.toLowerCase()}.`,
      { hint },
    );
  }
}
