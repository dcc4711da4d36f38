import { randomInt } from 'node:crypto';

/** Fresh seeds begin below this: short enough to be typed. */
const MOST = 1_000_000_000;

/** The first seed of a run: a number, or `random` for one that was never drawn before, as good as certain. */
export function firstSeed(text: string): number {
  if (text === 'random') return randomInt(MOST);
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`${text} is no seed: give a whole number, or random`);
  return seed;
}
