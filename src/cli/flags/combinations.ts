import { FLAGS } from './flags.ts';
import { LIST_COMMANDS } from './list-commands.ts';
import { keyOf, type Parsed } from './parsed.ts';
import { usageError } from './usage.ts';

/** Throws a usage error for flags that are right by themselves but not together. */
export function checkTogether(targetCount: number, parsed: Parsed): void {
  const { input } = parsed;
  if (targetCount === 0 && input === undefined) {
    throw usageError(
      "Missing required argument 'url'.",
      'Give the URL of a file, or a list of them with -i FILE.',
    );
  }
  for (const { long, single } of FLAGS) {
    if (single === undefined || !isGiven(long, parsed) || (targetCount === 1 && input === undefined))
      continue;
    const what = input === undefined ? `there are ${targetCount} URLs` : 'a list may have many';
    throw usageError(
      `${long} is for a single download, and ${what}.`,
      `${single}, or run one command for each URL.`,
    );
  }
  checkRequests(parsed);
}

/** As `checkTogether`, for the flags that say how requests are made. */
export function checkRequests(parsed: Parsed): void {
  for (const { short, long, excludes, needs } of FLAGS) {
    if (!isGiven(long, parsed)) continue;
    const other = FLAGS.find((flag) => flag.long === excludes);
    if (other !== undefined && isGiven(other.long, parsed))
      throw usageError(
        `${short ?? long} and ${other.short ?? other.long} exclude each other.`,
        'Leave one of them out.',
      );
    const [needed, advice] = needs ?? [];
    if (needed !== undefined && advice !== undefined && !isGiven(needed, parsed))
      throw usageError(`${long} needs ${needed}.`, advice);
  }
}

function isGiven(long: string, parsed: Parsed): boolean {
  return parsed[keyOf(long)] !== undefined;
}

const ALL_FLAGS = [...FLAGS, ...LIST_COMMANDS.flatMap(({ flags }) => flags)];
const WORDS = new Set(ALL_FLAGS.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long])));
const TAKES_VALUE = new Set(
  ALL_FLAGS.filter(({ value, optional }) => value !== undefined && !optional).flatMap(({ short, long }) => [
    short,
    long,
  ]),
);

/** Whether the word after this one is its value. */
export function takesValue(word: string): boolean {
  return TAKES_VALUE.has(word);
}

/** Whether the word after this one may be its value, and need not be. */
export function mayTakeValue(word: string): boolean {
  return ALL_FLAGS.some(({ long, optional }) => optional === true && long === word);
}

/**
 * Throws a usage error where a value has been forgotten and the flag after it would be taken for it: `-o --json`. Who
 * means it writes `--output=--json`.
 */
export function checkForgottenValues(argv: readonly string[]): void {
  for (let i = 0; i < argv.length - 1 && argv[i] !== '--'; i += 1) {
    const [flag, next] = [argv[i]!, argv[i + 1]!];
    if (!takesValue(flag)) continue;
    if (WORDS.has(next.replace(/=.*$/s, ''))) {
      const long = ALL_FLAGS.find(({ short }) => short === flag)?.long ?? flag;
      throw usageError(
        `${flag} needs a value, and ${next.replace(/=.*$/s, '')} after it is a flag.`,
        `Give the value; if that is what you mean, write ${long}=${next.replace(/=.*$/s, '')}.`,
      );
    }
    i += 1;
  }
}
