import { FLAGS } from './flags.ts';
import { LIST_COMMANDS } from './list-commands.ts';
import type { Parsed } from './settings.ts';
import { usageError } from './usage.ts';

/** Flags that make sense for one download only, with what to do instead. */
const SINGLE = [
  ['output', 'Use --dir to choose where several files go'],
  ['checksum', 'Write the checksum of each file under its line of a list, as checksum=ALG=HEX'],
  ['mirror', 'Write the mirrors of each file on its line of a list, after tabs'],
  ['import', 'Import each file by itself'],
] as const;

/** Throws a usage error for flags that are right by themselves but not together. */
export function checkTogether(targetCount: number, parsed: Parsed): void {
  const { input } = parsed;
  if (targetCount === 0 && input === undefined) {
    throw usageError(
      "Missing required argument 'url'.",
      'Give the URL of a file, or a list of them with -i FILE.',
    );
  }
  for (const [flag, advice] of SINGLE) {
    if (parsed[flag] === undefined || (targetCount === 1 && input === undefined)) continue;
    const what = input === undefined ? `there are ${targetCount} URLs` : 'a list may have many';
    throw usageError(
      `--${flag} is for a single download, and ${what}.`,
      `${advice}, or run one command for each URL.`,
    );
  }
  checkRequests(parsed);
}

/** As `checkTogether`, for the flags that say how requests are made. */
export function checkRequests(parsed: Parsed): void {
  if (parsed.ipv4 && parsed.ipv6) throw usageError('-4 and -6 exclude each other.', 'Leave one of them out.');
  if (parsed.key !== undefined && parsed.cert === undefined)
    throw usageError('--key needs --cert.', 'Give the certificate that the key belongs to with --cert FILE.');
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
