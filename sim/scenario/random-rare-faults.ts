import type { Faults, Mutable } from './faults.ts';
import { type Prng, some } from './prng.ts';
import type { Times } from './random-origin-faults.ts';

/** What kinds of faults there are beside the usual ones: one of them is drawn. The members of `mortals` may be hit for good. */
export function rareFault(
  prng: Prng,
  faults: Faults,
  count: number,
  mortals: readonly number[],
  { moment }: Times,
): Faults {
  const found: Mutable<Faults> = { ...faults };
  const together: (() => void)[] = [
    () => (found.lateMessages = prng.pick([0.01, 0.1])),
    () => (found.repeatMessages = prng.pick([0.01, 0.1])),
    () => (found.diskError = some(prng, mortals, 1).map((member) => ({ member, atMs: moment() }))),
    () => (found.refused = some(prng, mortals, 1).map((member) => ({ member, atMs: moment() }))),
    () => (found.boast = some(prng, mortals, 1).map((member) => ({ member }))),
  ];
  const alone: (() => void)[] = [() => (found.rangeless = { atMs: moment() })];
  prng.pick(count > 1 ? together : alone)();
  return found;
}
