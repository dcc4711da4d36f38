import type { Flag } from './flag.ts';
import { FLAGS, flagsAgain } from './flags.ts';
import { LIST_FLAGS } from './list-flags.ts';

/** A command about downloads that were begun before. */
export interface ListCommandText {
  readonly name: 'ls' | 'history' | 'resume' | 'pause' | 'priority' | 'limit' | 'refresh' | 'rm';
  /** Arguments in the order in which they are given, as the parser takes them. */
  readonly argument?: string;
  readonly help: string;
  readonly details: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

const JSON_FLAG = FLAGS.find(({ long }) => long === '--json')!;
const { ids, count, allUnfinished, allAtWork, onlyFailed, allFailed, finished, keep, yes } = LIST_FLAGS;

/** What can be done with downloads that were begun before; those that run in other processes hear of it at once. */
export const LIST_COMMANDS: readonly ListCommandText[] = [
  {
    name: 'ls',
    help: 'list the downloads that are not finished',
    details:
      'Lists what runs, waits, is paused or has failed, in whatever process, with the number that names it to the other commands.',
    flags: [ids, JSON_FLAG],
    examples: [
      ['dragonload ls', 'number, state, progress, rate, time left, name'],
      ['dragonload ls --json | jq .id', 'for a script'],
    ],
  },
  {
    name: 'history',
    help: 'list the downloads that are finished',
    details:
      'Lists finished downloads, the newest first: where the file went, and how far it can be trusted. The last 10,000 are remembered.',
    flags: [count, JSON_FLAG],
    examples: [['dragonload history -n 5', 'the last five']],
  },
  {
    name: 'resume',
    argument: '[id...]',
    help: 'go on with downloads from where they stopped',
    details:
      'Goes on with paused, failed and interrupted downloads: those given, or all of them. One that another process has paused goes on there. Headers and other flags for requests are not kept: give them again.',
    flags: [allUnfinished, onlyFailed, ...flagsAgain()],
    examples: [
      ['dragonload resume', 'all of them'],
      ['dragonload resume --failed', 'those that failed, once more'],
      ['dragonload resume 12 --limit 2M', 'this one, slowly'],
    ],
  },
  {
    name: 'pause',
    argument: '[id...]',
    help: 'pause downloads',
    details:
      'The process that runs them keeps their state and waits for "dragonload resume". Those that wait for their turn are passed over until then.',
    flags: [allAtWork],
    examples: [
      ['dragonload pause 12', 'this one'],
      ['dragonload pause --all', 'everything, in every process'],
    ],
  },
  {
    name: 'priority',
    argument: '<id> <n>',
    help: 'let a download start before others',
    details:
      'Downloads with a higher priority start first: -1000 to 1000, 0 unless said otherwise. What runs already goes on.',
    flags: [],
    examples: [
      ['dragonload priority 12 10', 'the next to start'],
      ['dragonload priority 12 -5', 'after the others'],
    ],
  },
  {
    name: 'limit',
    argument: '[rate] [id...]',
    help: 'change the rate limit of all downloads, or of some, while they run',
    details:
      'RATE as for --limit, or "none". Without a number it holds for all downloads of this user together, now and later; with numbers for each of these. Without arguments it tells the limit.',
    flags: [],
    examples: [
      ['dragonload limit 2M', 'all of them together'],
      ['dragonload limit none 12', 'this one as fast as it can'],
    ],
  },
  {
    name: 'refresh',
    argument: '<id> <url>',
    help: 'give a download a fresh link, with no byte lost',
    details:
      'For links that expire. What has arrived is compared with what the new link gives and kept. A download that runs goes on at once, and in a room so does everybody else; others go on with "dragonload resume".',
    flags: [],
    examples: [["dragonload refresh 12 'https://example.org/disc.iso?token=NEW'", '']],
  },
  {
    name: 'rm',
    argument: '[id...]',
    help: 'forget downloads, and delete what has arrived of unfinished ones',
    details:
      'Finished files stay where they are. What has arrived of an unfinished one is deleted, unless --keep is given.',
    flags: [allFailed, finished, keep, yes],
    examples: [
      ['dragonload rm 12', 'asks, then deletes the partial file'],
      ['dragonload rm --failed --yes', 'clears up'],
    ],
  },
];
