import { COMMANDS } from './flags/commands.ts';
import type { Flag } from './flags/flag.ts';
import { flagsOf } from './flags/flags.ts';
import { LIST_COMMANDS } from './flags/list-commands.ts';
import { usageError } from './flags/usage.ts';

interface Completed {
  readonly name: string;
  readonly help: string;
  readonly flags: readonly Flag[];
  /** Its arguments are numbers of downloads. */
  readonly takesIds: boolean;
}

const ALL: readonly Completed[] = [
  ...COMMANDS.map(({ name, help }) => ({
    name,
    help,
    takesIds: false,
    flags: flagsOf(name).filter(({ idleIn }) => idleIn?.includes(name) !== true),
  })),
  ...LIST_COMMANDS.map(({ name, help, flags, argument }) => ({
    name,
    help,
    flags,
    takesIds: argument?.includes('id') ?? false,
  })),
];
const COMMAND_WORDS = [...ALL.map(({ name }) => name), 'completion', 'help'];
const ID_COMMANDS = ALL.filter(({ takesIds }) => takesIds).map(({ name }) => name);

/** The completion script for `bash`, `zsh` or `fish`. Throws a usage error for another shell. */
export function completionScript(shell: string): string {
  if (shell === 'bash') return bash();
  if (shell === 'zsh') return `autoload -Uz bashcompinit && bashcompinit\n${bash()}`;
  if (shell === 'fish') return fish();
  throw usageError(`There is no completion for the shell "${shell}".`, 'Use bash, zsh or fish.');
}

function bash(): string {
  const flagsFor = (kind: Flag['completes']): string =>
    [
      ...new Set(
        ALL.flatMap(({ flags }) => flags)
          .filter(({ completes }) => completes === kind)
          .flatMap(wordsOf),
      ),
    ].join('|');
  const cases = ALL.map(({ name, flags }) => `    ${name}) flags='${flags.flatMap(wordsOf).join(' ')}' ;;`);
  return `_dragonload() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} flags=
  case $before in
    ${flagsFor('directory')}) COMPREPLY=($(compgen -d -- "$word")); return ;;
    ${flagsFor('file')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")); return ;;
  esac
  if [[ $COMP_CWORD -eq 1 && $word != -* ]]; then
    COMPREPLY=($(compgen -W '${COMMAND_WORDS.join(' ')}' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    help) COMPREPLY=($(compgen -W '${COMMAND_WORDS.join(' ')}' -- "$word")); return ;;
    *) flags='${flagsOf('get').flatMap(wordsOf).join(' ')}' ;;
  esac
  if [[ $word != -* ]]; then
    case \${COMP_WORDS[1]} in
      ${ID_COMMANDS.join('|')})
        COMPREPLY=($(compgen -W "$(dragonload ls --ids 2>/dev/null)" -- "$word")); return ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$flags" -- "$word"))
}
complete -F _dragonload dragonload
`;
}

function fish(): string {
  const lines = ['complete -c dragonload -f'];
  const add = (condition: string, rest: string): void => {
    lines.push(`complete -c dragonload -n ${condition} ${rest}`);
  };
  for (const { name, help } of ALL) add('__fish_use_subcommand', `-a ${name} -d ${quoted(help)}`);
  add('__fish_use_subcommand', "-a completion -d 'print a completion script'");
  add("'__fish_seen_subcommand_from completion'", "-a 'bash zsh fish'");
  add(`'__fish_seen_subcommand_from ${ID_COMMANDS.join(' ')}'`, "-a '(dragonload ls --ids 2>/dev/null)'");
  for (const [flag, names] of commandsByFlag()) {
    const short = flag.short ? ` -s ${flag.short.slice(1)}` : '';
    const value = !flag.value || flag.optional ? '' : flag.completes ? ' -r -F' : ' -x';
    add(
      `'__fish_seen_subcommand_from ${names.join(' ')}'`,
      `${short.trimStart()}${short && ' '}-l ${flag.long.slice(2)}${value} -d ${quoted(flag.help)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Each flag once for all commands that take it alike. */
function commandsByFlag(): Map<Flag, string[]> {
  const found = new Map<Flag, string[]>();
  for (const { name, flags } of ALL)
    for (const flag of flags) found.set(flag, [...(found.get(flag) ?? []), name]);
  return found;
}

function wordsOf({ short, long }: Flag): string[] {
  return short === undefined ? [long] : [short, long];
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
