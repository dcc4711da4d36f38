import type { Faults, Mutable, Window } from './faults.ts';
import { type Prng, repeat } from './prng.ts';

/** When a fault comes. */
export interface Times {
  readonly moment: () => number;
  readonly window: () => Window;
}

/** Each puts one kind of fault into the world. */
export interface FaultKinds {
  readonly often: readonly (() => void)[];
  readonly seldom: readonly (() => void)[];
}

/** What goes wrong at the origin and on the way to it, for `count` members. Member 1 (0 when alone) is given fresh links. */
export function originFaultKinds(
  prng: Prng,
  faults: Mutable<Faults>,
  count: number,
  { moment, window }: Times,
): FaultKinds {
  const anyone = (): number => prng.integer(0, count - 1);
  const often = [
    () => (faults.originSlow = repeat(prng, 2, () => ({ ...window(), factor: prng.between(0.05, 0.6) }))),
    () =>
      (faults.originBusy = repeat(prng, 2, () => ({
        ...window(),
        retryAfterMs: prng.pick([undefined, 500, 2000]),
      }))),
    () => (faults.originBroken = repeat(prng, 2, () => ({ ...window(), chance: prng.between(0.1, 1) }))),
    () =>
      (faults.originCrawl = repeat(prng, 2, () => ({
        ...window(),
        chance: prng.pick([0.12, 0.5]),
        factor: prng.pick([0.01, 0.1]),
      }))),
    () =>
      (faults.connectionCrawl = repeat(prng, 3, () => ({
        member: anyone(),
        atMs: prng.chance(0.2) ? 0 : moment(),
        which: prng.integer(0, 7),
        factor: prng.pick([0, 0.01, 0.1]),
      }))),
    () => (faults.linkExpired = repeat(prng, 2, () => ({ ...window(), member: Math.min(1, count - 1) }))),
    () => (faults.networkChanged = repeat(prng, 2, () => ({ ...window(), member: anyone() }))),
    () =>
      (faults.mirrors = repeat(prng, 2, () => ({
        member: anyone(),
        atMs: moment(),
        count: prng.pick([1, 3, 40]),
      }))),
  ];
  const wrongPieces = (): void => {
    // Somebody in a room has to get right bytes.
    const member = count > 1 ? prng.pick([0, 2].filter((index) => index < count)) : 0;
    faults.wrongPieces = [{ member, share: prng.pick([0.02, 0.2]) }];
  };
  const originChanged = (): void => {
    faults.originChanged = { atMs: moment() };
  };
  return { often, seldom: [wrongPieces, originChanged] };
}
