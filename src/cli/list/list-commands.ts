import { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';

/** A command about downloads that were begun before. */
export interface ListCommandText {
  readonly name: 'ls' | 'history' | 'resume' | 'pause' | 'rm' | 'refresh' | 'limit';
  readonly argument?: string;
  readonly help: string;
  readonly details: string;
  readonly flags: readonly (readonly [names: string, help: string])[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

const JSON_FLAG = ['--json', 'one JSON object a line on stdout, for scripts'] as const;

/** What can be done with downloads that were begun before; those that run in other processes hear of it at once. */
export const LIST_COMMANDS: readonly ListCommandText[] = [
  {
    name: 'ls',
    help: 'list the downloads that are not finished',
    details:
      'Lists what runs, waits, is paused or has failed, in whatever process, with the number that names it.',
    flags: [JSON_FLAG],
    examples: [['dragonload ls', 'number, state, progress, rate, name']],
  },
  {
    name: 'history',
    help: 'list the downloads that are finished',
    details:
      'Lists finished downloads, the newest first: where the file went, and how far it can be trusted.',
    flags: [['-n, --count <N>', 'so many (default: 20)'], JSON_FLAG],
    examples: [['dragonload history -n 5', 'the last five']],
  },
  {
    name: 'resume',
    argument: '[id...]',
    help: 'go on with downloads from where they stopped',
    details:
      'Goes on with paused, failed and interrupted downloads: those given, or all of them. One that another process has paused goes on there.',
    flags: [
      ['--failed', 'only those that failed'],
      ['--limit <RATE>', 'fetch at most this many bytes per second'],
      ['--concurrent <N>', 'downloads at once (default: 5)'],
      JSON_FLAG,
      ['--quiet', 'errors only'],
    ],
    examples: [
      ['dragonload resume', 'all of them'],
      ['dragonload resume 12', 'this one'],
    ],
  },
  {
    name: 'pause',
    argument: '<id...>',
    help: 'pause downloads that run in another process',
    details: 'The process that runs them keeps their state and waits for "dragonload resume".',
    flags: [],
    examples: [['dragonload pause 12', '']],
  },
  {
    name: 'rm',
    argument: '<id...>',
    help: 'forget downloads, and delete what has arrived of unfinished ones',
    details:
      'Finished files stay where they are. What has arrived of an unfinished one is deleted, unless --keep is given.',
    flags: [
      ['--keep', 'leave the partial file where it is'],
      ['--yes', 'do not ask'],
    ],
    examples: [['dragonload rm 12', 'asks, then deletes the partial file']],
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
    name: 'limit',
    argument: '<rate> [id...]',
    help: 'change the rate limit of all downloads, or of some, while they run',
    details:
      'RATE as for --limit, or "none". Without a number it holds for all downloads of this user, now and later.',
    flags: [],
    examples: [
      ['dragonload limit 2M', 'all of them together'],
      ['dragonload limit none 12', 'this one as fast as it can'],
    ],
  },
];

/** Adds these commands to the program. What carries them out is loaded when it is called for. */
export function addListCommands(
  program: Command,
  examplesText: (examples: ListCommandText['examples']) => string,
  done: (exitCode: number) => void,
): void {
  for (const text of LIST_COMMANDS) {
    const command = new Command(text.name)
      .copyInheritedSettings(program)
      .summary(text.help)
      .description(text.details)
      .addHelpText('after', examplesText(text.examples));
    for (const argument of text.argument?.split(' ') ?? []) command.argument(argument);
    for (const [names, help] of text.flags) command.option(names, help);
    command.action(async (...given: unknown[]) => {
      const { carryOut } = await import('./carry-out.ts');
      const args = given.slice(0, -2).flat() as string[];
      const flags = given.at(-2) as Readonly<Record<string, string | boolean>>;
      done((await carryOut(text.name, args, flags)) ?? EXIT.done);
    });
    program.addCommand(command);
  }
}
