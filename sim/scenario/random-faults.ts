import type { Death, Faults, Mutable } from './faults.ts';
import { type Prng, repeat, some } from './prng.ts';
import { originFaultKinds, type Times } from './random-origin-faults.ts';

/** Nothing goes wrong before this: by then a member that came at the beginning knows of the download. */
const QUIET_MS = 1500;

/**
 * One to three kinds of faults for a room of `count` members that would take `expectedMs` without. Member 1 (0 when
 * alone) is spared all deaths, so that somebody always has the download to go on with.
 */
export function randomFaults(prng: Prng, count: number, expectedMs: number): Faults {
  const mortals = mortalsOf(count);
  const { moment, window } = timesOf(prng, expectedMs);
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
  ];
  const atOrigin = originFaultKinds(prng, faults, count, { moment, window });
  const kinds =
    count > 1
      ? [...together, ...together, ...anywhere, ...anywhere, ...atOrigin.often, ...atOrigin.often]
      : [...anywhere, ...atOrigin.often];
  kinds.push(...atOrigin.seldom);
  for (let left = prng.integer(1, 3); left > 0; left--) prng.pick(kinds)();
  return faults;
}

/** One to three kinds of faults of the origin and of the way to it, and no others. */
export function randomOriginFaults(prng: Prng, count: number, expectedMs: number): Faults {
  const faults: Mutable<Faults> = {};
  const { often, seldom } = originFaultKinds(prng, faults, count, timesOf(prng, expectedMs));
  const kinds = [...often, ...often, ...seldom];
  for (let left = prng.integer(1, 3); left > 0; left--) prng.pick(kinds)();
  return faults;
}

/** When faults may come in a world that would take `expectedMs` without. */
export function timesOf(prng: Prng, expectedMs: number): Times {
  const moment = (): number => Math.max(QUIET_MS, expectedMs * prng.between(0.05, 0.95));
  return { moment, window: () => ({ atMs: moment(), forMs: prng.between(300, 8000) }) };
}

/** All members but the one that is spared. */
export function mortalsOf(count: number): readonly number[] {
  return range(count).filter((index) => index !== Math.min(1, count - 1));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
