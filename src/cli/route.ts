import { takesValue } from './combinations.ts';
import { COMMANDS } from './commands.ts';
import { looksLikeInvite, looksLikeUrl } from './links.ts';
import { LIST_COMMANDS } from './list/list-commands.ts';

const COMMAND_NAMES = new Set<string>([
  ...[...COMMANDS, ...LIST_COMMANDS].map((command) => command.name),
  'completion',
  'help',
]);

/**
 * Arguments with the command at the front. A bare invite is a `join`, a bare URL a `get`, and flags may stand before
 * the command. Anything else is left for the parser to judge.
 */
export function route(argv: readonly string[]): readonly string[] {
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i]!;
    if (word === '--') break;
    if (word.startsWith('-')) {
      if (takesValue(word)) i += 1;
      continue;
    }
    if (COMMAND_NAMES.has(word)) return [word, ...argv.slice(0, i), ...argv.slice(i + 1)];
    if (looksLikeInvite(word)) return ['join', ...argv];
    if (looksLikeUrl(word)) return ['get', ...argv];
    break;
  }
  return argv;
}
