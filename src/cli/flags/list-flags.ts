import type { Flag } from './flag.ts';
import type { Parsed, ParsedOf } from './parsed.ts';
import { wholeNumber } from './values.ts';

/** What commands about downloads begun before take, and no way of downloading does. */
export const LIST_FLAGS = {
  ids: { long: '--ids', help: 'the numbers alone, one a line' },
  count: {
    short: '-n',
    long: '--count',
    value: 'N',
    help: 'so many (default: 20)',
    parse: (text: string) => wholeNumber('--count', text, 1, 10_000),
  },
  allUnfinished: { long: '--all', help: 'all that are not finished, as without numbers' },
  allAtWork: { long: '--all', help: 'all that run or wait' },
  onlyFailed: { long: '--failed', help: 'only those that failed' },
  allFailed: { long: '--failed', help: 'all that failed' },
  finished: { long: '--finished', help: 'the whole history' },
  keep: { long: '--keep', help: 'leave partial files where they are' },
  yes: { long: '--yes', help: 'do not ask' },
} as const satisfies Readonly<Record<string, Flag>>;

/** The flags of these commands as the parser hands them over. */
export type ListFlags = Parsed & ParsedOf<(typeof LIST_FLAGS)[keyof typeof LIST_FLAGS]>;
