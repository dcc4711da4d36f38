import { mayTakeValue, takesValue } from './flags/combinations.ts';
import { COMMANDS } from './flags/commands.ts';
import { looksLikeInvite, looksLikeUrl } from './flags/links.ts';
import { LIST_COMMANDS } from './flags/list-commands.ts';

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
  const line = withoutMistakenValues(argv);
  for (let i = 0; i < line.length; i += 1) {
    const word = line[i]!;
    if (word === '--') break;
    if (word.startsWith('-')) {
      if (takesValue(word)) i += 1;
      continue;
    }
    if (COMMAND_NAMES.has(word)) return [word, ...line.slice(0, i), ...line.slice(i + 1)];
    if (looksLikeInvite(word)) return ['join', ...line];
    if (looksLikeUrl(word)) return ['get', ...line];
    break;
  }
  return line;
}

/** A flag whose value may be left out would take the URL behind it for its value: it goes to the end instead. */
function withoutMistakenValues(argv: readonly string[]): readonly string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const flags = argv.slice(0, end);
  const isMistaken = (word: string, at: number): boolean =>
    mayTakeValue(word) && (looksLikeUrl(flags[at + 1] ?? '') || looksLikeInvite(flags[at + 1] ?? ''));
  const kept = flags.filter((word, at) => !isMistaken(word, at));
  return [...kept, ...flags.filter(isMistaken), ...argv.slice(end)];
}
