import { type Command, Option } from 'commander';
import type { Flag } from './flag.ts';

/** Lets a command take a flag. `hidden`: it is not in the help. */
export function addFlag(command: Command, flag: Flag, hidden = false): void {
  const value = flag.value && (flag.optional ? ` [${flag.value}]` : ` <${flag.value}>`);
  const names = `${flag.short ? `${flag.short}, ` : ''}${flag.long}${value ?? ''}`;
  const option = new Option(names, flag.help).helpGroup(`${flag.group ?? 'Options'}:`);
  if (flag.parse) option.argParser(flag.parse);
  // Given or not: nothing is the default of the engine.
  if (flag.long.startsWith('--no-')) option.default(undefined);
  command.addOption(hidden ? option.hideHelp() : option);
}

/** The examples under the help of a command, what each does below it. */
export function examplesText(examples: readonly (readonly [line: string, meaning: string])[]): string {
  const lines = examples.map(([line, meaning]) => `  ${line}${meaning && `\n      ${meaning}`}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

/** What stands under the help of the program. */
export const PROGRAM_NOTES = `
A bare URL is a "get" and a bare invite is a "join".

Examples:
  dragonload https://example.org/disc.iso
  dragonload get -i list.txt --dir discs --limit 5M
  dragonload host https://example.org/disc.iso
  dragonload join 'dragon://join/v1/ROOM?h=...#k=...'
  dragonload ls

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
DRAGONLOAD_HOME moves config, data and cache into one directory.`;
