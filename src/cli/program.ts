import { Command, CommanderError, Option } from 'commander';
import type { DragonloadError } from '../core/errors.ts';
import { COMMANDS, type CommandName, type CommandText } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { PARSERS } from './flag-parsers.ts';
import { type Flag, flagsOf } from './flags.ts';
import { checkInvite, checkUrl } from './links.ts';
import { addListCommands, LIST_COMMANDS } from './list/list-commands.ts';
import { route } from './route.ts';
import { type Parsed, taskOptionsOf } from './settings.ts';
import { safeText } from './text.ts';
import { usageError } from './usage.ts';
import { packageVersion } from './version.ts';

/**
 * Carries out a command line (without node and script) and resolves to the exit code. Help and version go to stdout.
 * Throws a `DragonloadError` for wrong usage. The engine is loaded only by a command that downloads.
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : route(argv), { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return EXIT.done;
    throw wrongUsage(thrown, argv);
  }
  return exitCode;
}

function buildProgram(done: (exitCode: number) => void): Command {
  const program = new Command('dragonload')
    .description(
      'Download big files together: everyone on the LAN fetches a part over their own link, and all swap.',
    )
    .usage('COMMAND [options]')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText('after', PROGRAM_NOTES);
  for (const text of COMMANDS) program.addCommand(buildCommand(text, program, done));
  addListCommands(program, examplesText, done);
  program
    .command('completion')
    .description('print a completion script for bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', examplesText([['eval "$(dragonload completion bash)"', 'in ~/.bashrc']]))
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(shell));
    });
  return program;
}

function buildCommand(text: CommandText, program: Command, done: (exitCode: number) => void): Command {
  const command = new Command(text.name)
    .copyInheritedSettings(program)
    .summary(text.help)
    .description(text.details)
    .argument(text.argument)
    .addHelpText('after', examplesText(text.examples));
  for (const flag of flagsOf(text.name)) command.addOption(optionOf(flag, text.name));
  return command.action(async (target: string | string[], parsed: Parsed) => {
    const options = taskOptionsOf(parsed);
    const settings = {
      options,
      json: parsed.json ?? false,
      quiet: parsed.quiet ?? false,
      yes: parsed.yes ?? false,
    };
    const targets = typeof target === 'string' ? [checkInvite(target)] : target.map(checkUrl);
    checkTogether(targets.length, parsed);
    const { runDownload } = await import('./run.ts');
    if (text.name === 'join') return done(await runDownload('join', targets, settings));
    const { jobsOf } = await import('./jobs.ts');
    const jobs = await jobsOf(targets, parsed, (message) => {
      if (!settings.quiet) process.stderr.write(`${safeText(message)}\n`);
    });
    done(await runDownload(text.name, jobs, settings));
  });
}

function optionOf(flag: Flag, command: CommandName): Option {
  const value = flag.value && (flag.optional ? ` [${flag.value}]` : ` <${flag.value}>`);
  const option = new Option(
    `${flag.short ? `${flag.short}, ` : ''}${flag.long}${value ?? ''}`,
    flag.help,
  ).helpGroup(`${flag.group ?? 'Options'}:`);
  const parser = PARSERS[flag.long];
  if (parser) option.argParser(parser);
  // Given or not: nothing is the default of the engine.
  if (flag.long.startsWith('--no-')) option.default(undefined);
  return flag.idleIn?.includes(command) ? option.hideHelp() : option;
}

/** What is right by itself but not together. */
function checkTogether(targetCount: number, parsed: Parsed): void {
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
  if (parsed.ipv4 && parsed.ipv6) throw usageError('-4 and -6 exclude each other.', 'Leave one of them out.');
  if (parsed.key !== undefined && parsed.cert === undefined)
    throw usageError('--key needs --cert.', 'Give the certificate that the key belongs to with --cert FILE.');
}

/** Flags that make sense for one download only, with what to do instead. */
const SINGLE = [
  ['output', 'Use --dir to choose where several files go'],
  ['checksum', 'Check each file by itself'],
  ['mirror', 'Write the mirrors of each file on its line of a list, after tabs'],
  ['import', 'Import each file by itself'],
] as const;

/** The parser's complaint as a sentence with a next step. */
function wrongUsage(error: CommanderError, argv: readonly string[]): DragonloadError {
  const [first = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const command = [...COMMANDS, ...LIST_COMMANDS].find((one) => one.name === route(argv)[0])?.name;
  const hint = hints.find((line) => line.startsWith('(Did you mean'))?.slice(1, -1);
  const help = `Run "dragonload ${command ? `${command} ` : ''}--help" to see how it is used.`;
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/[.:]?$/, '.');
  return usageError(sentence, hint ? `${hint} ${help}` : help);
}

function examplesText(examples: CommandText['examples']): string {
  const lines = examples.map(([line, meaning]) => `  ${line}${meaning && `\n      ${meaning}`}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

const PROGRAM_NOTES = `
A bare URL is a "get" and a bare invite is a "join".

Examples:
  dragonload get https://example.org/disc.iso
  dragonload host https://example.org/disc.iso
  dragonload join 'dragon://join/v1/ROOM?h=...#k=...'

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
DRAGONLOAD_HOME moves config, data and cache into one directory.`;
