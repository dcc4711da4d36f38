import type { Death, Faults, Window } from './faults.ts';
import type { Prng } from './prng.ts';

/** Nothing goes wrong before this: by then a member that came at the beginning knows of the download. */
const QUIET_MS = 1500;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One to three kinds of faults for a room of `count` members that would take `expectedMs` without. Member 1 (0 when
 * alone) is spared all deaths, so that somebody always has the download to go on with.
 */
export function randomFaults(prng: Prng, count: number, expectedMs: number): Faults {
  const survivor = Math.min(1, count - 1);
  const mortals = Array.from({ length: count }, (_, index) => index).filter((index) => index !== survivor);
  const moment = (): number => Math.max(QUIET_MS, expectedMs * prng.between(0.05, 0.95));
  const window = (): Window => ({ atMs: moment(), forMs: prng.between(300, 8000) });
  const death = (): Death => ({
    atMs: moment(),
    silent: prng.chance(0.3),
    rejoinAfterMs: prng.chance(0.4) ? prng.between(50, 8000) : undefined,
    wiped: prng.chance(0.3),
  });
  const anyone = (): number => prng.integer(0, count - 1);
  const faults: Mutable<Faults> = {};
  const together: (() => void)[] = [
    () => (faults.kill = some(prng, mortals, 2).map((member) => ({ member, ...death() }))),
    () => (faults.killCoordinator = repeat(prng, 2, death)),
    () => (faults.leave = some(prng, mortals, 1).map((member) => ({ member, atMs: moment() }))),
    () =>
      (faults.join = some(
        prng,
        mortals.filter((member) => member > 1),
        3,
      ).map((member) => ({ member, atMs: moment() }))),
    () =>
      (faults.partition = repeat(prng, 2, () => ({
        ...window(),
        groups: [some(prng, range(count), count - 1)],
      }))),
    () =>
      (faults.corrupt = some(prng, mortals, 1).map((member) => ({
        member,
        share: prng.pick([0.1, 1]),
        fragments: false,
      }))),
    () =>
      (faults.stall = some(prng, mortals, 1).map((member) => ({
        member,
        atMs: moment(),
        forMs: Number.POSITIVE_INFINITY,
      }))),
    () => (faults.loseMessages = prng.pick([0.01, 0.1])),
  ];
  const anywhere: (() => void)[] = [
    () => (faults.stall = repeat(prng, 2, () => ({ member: anyone(), ...window() }))),
    () =>
      (faults.slow = repeat(prng, 2, () => ({
        member: anyone(),
        ...window(),
        factor: prng.between(0.02, 0.5),
      }))),
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
    () => (faults.linkExpired = repeat(prng, 2, () => ({ ...window(), member: survivor }))),
    () => (faults.networkChanged = repeat(prng, 2, () => ({ ...window(), member: anyone() }))),
    () =>
      (faults.mirrors = repeat(prng, 2, () => ({
        member: anyone(),
        atMs: moment(),
        count: prng.pick([1, 3, 40]),
      }))),
  ];
  const wrong = (): void => {
    const members = mortals.length > 0 ? some(prng, mortals, 1) : [0];
    faults.wrongPieces = members.map((member) => ({ member, share: prng.pick([0.02, 0.2]) }));
  };
  const rare = (): void => {
    faults.originChanged = { atMs: moment() };
  };
  const kinds =
    count > 1
      ? [...together, ...together, ...anywhere, ...anywhere, wrong, rare]
      : [...anywhere, wrong, rare];
  for (let left = prng.integer(1, 3); left > 0; left--) prng.pick(kinds)();
  return faults;
}

function repeat<T>(prng: Prng, most: number, make: () => T): T[] {
  return Array.from({ length: prng.integer(1, most) }, make);
}

/** One to `most` different ones of the items, as far as there are any. */
function some(prng: Prng, items: readonly number[], most: number): number[] {
  const left = items.slice();
  const taken: number[] = [];
  for (let count = prng.integer(1, most); count > 0 && left.length > 0; count--) {
    taken.push(left.splice(prng.integer(0, left.length - 1), 1)[0]!);
  }
  return taken;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
