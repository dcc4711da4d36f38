import { COMMANDS } from './commands.ts';
import { FLAGS } from './flags.ts';
import { LIST_COMMANDS } from './list/list-commands.ts';
import { usageError } from './usage.ts';

const FLAG_WORDS = FLAGS.flatMap((flag) => (flag.short ? [flag.short, flag.long] : [flag.long]));
const ALL_COMMANDS = [...COMMANDS, ...LIST_COMMANDS];
const COMMAND_WORDS = [...ALL_COMMANDS.map((command) => command.name), 'completion', 'help'];

/** The completion script for `bash`, `zsh` or `fish`. Throws a usage error for another shell. */
export function completionScript(shell: string): string {
  if (shell === 'bash') return bash();
  if (shell === 'zsh') return `autoload -Uz bashcompinit && bashcompinit\n${bash()}`;
  if (shell === 'fish') return fish();
  throw usageError(`There is no completion for the shell "${shell}".`, 'Use bash, zsh or fish.');
}

function bash(): string {
  const flagsFor = (kind: 'directory' | 'file'): string =>
    FLAGS.filter((flag) => flag.completes === kind)
      .flatMap((flag) => [flag.short, flag.long].filter(Boolean))
      .join('|');
  return `_dragonload() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case $before in
    ${flagsFor('directory')}) COMPREPLY=($(compgen -d -- "$word")); return ;;
    ${flagsFor('file')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")); return ;;
  esac
  if [[ $COMP_CWORD -eq 1 && $word != -* ]]; then
    COMPREPLY=($(compgen -W '${COMMAND_WORDS.join(' ')}' -- "$word"))
  else
    COMPREPLY=($(compgen -W '${FLAG_WORDS.join(' ')}' -- "$word"))
  fi
}
complete -F _dragonload dragonload
`;
}

function fish(): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = ['complete -c dragonload -f'];
  for (const command of ALL_COMMANDS) {
    lines.push(
      `complete -c dragonload -n __fish_use_subcommand -a ${command.name} -d ${quote(command.help)}`,
    );
  }
  lines.push(
    "complete -c dragonload -n __fish_use_subcommand -a completion -d 'print a completion script'",
    "complete -c dragonload -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'",
  );
  const seen = `'__fish_seen_subcommand_from ${COMMANDS.map((command) => command.name).join(' ')}'`;
  for (const flag of FLAGS) {
    const short = flag.short ? ` -s ${flag.short.slice(1)}` : '';
    const value = !flag.value ? '' : flag.completes ? ' -r -F' : ' -x';
    lines.push(
      `complete -c dragonload -n ${seen}${short} -l ${flag.long.slice(2)}${value} -d ${quote(flag.help)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
