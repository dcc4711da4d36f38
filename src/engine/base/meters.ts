import { DragonloadError } from '../../core/errors.ts';
import { chain, type Meter, Quota } from '../../origin/limits/meter.ts';
import { RateLimiter } from '../../origin/limits/rate-limit.ts';

/** What all bytes of a task go through. */
export interface Meters {
  /** The task's own limit, which may change at any time. */
  readonly limiter: RateLimiter;
  /** The limit, and the quota if there is one. */
  readonly meter: Meter;
}

/** `onSpent`: the quota is used up. Throws `RangeError` for a rate or quota that is not above 0. */
export function metersFor(
  options: { readonly limitRate?: number | undefined; readonly quotaBytes?: number | undefined },
  onSpent: () => void,
): Meters {
  const limiter = new RateLimiter(options.limitRate);
  if (options.quotaBytes === undefined) return { limiter, meter: limiter };
  return { limiter, meter: chain([limiter, new Quota(options.quotaBytes, onSpent)]) };
}

/** What a task ends with whose quota is used up. */
export function quotaSpent(): DragonloadError {
  return new DragonloadError('quota', 'The quota is used up.', {
    hint: { kind: 'run-again' },
  });
}
