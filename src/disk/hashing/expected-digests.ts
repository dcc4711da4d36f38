import { DragonloadError } from '../../core/errors.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { Hint } from '../../core/hint.ts';

/**
 * Throws `digest-mismatch` for the first digest that the file called `name` should have and has not; `digests` are
 * those it has, by algorithm in lower-case hex, and `hint` says what to do.
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
