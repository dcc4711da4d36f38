import { Command, CommanderError, Option } from 'commander';
import type { DragonloadError } from '../core/errors.ts';
import type { TaskOptions } from '../member/task.ts';
import { EXIT } from './exit-codes.ts';
import type { CommandText } from './flags.ts';
import { COMMANDS, FLAGS } from './flags.ts';
import { checkInvite, checkUrl } from './links.ts';
import { parseRate } from './rate.ts';
import { route } from './route.ts';
import type { RunSettings } from './run.ts';
import { usageError } from './usage.ts';
import { parseChecksum, parseConnections, parseHeader, parseName, parsePort } from './values.ts';
import { packageVersion } from './version.ts';

const PARSERS: Readonly<Record<string, (text: string, before: unknown) => unknown>> = {
  '--name': parseName,
  '--port': parsePort,
  '--limit': parseRate,
  '--connections': parseConnections,
  '--checksum': parseChecksum,
  '--header': (text, before) => [...((before as unknown[] | undefined) ?? []), parseHeader(text)],
};

/** The flags as the parser hands them over. */
interface Parsed {
  readonly dir?: string;
  readonly output?: string;
  readonly name?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly port?: number;
  readonly limit?: number;
  readonly connections?: number;
  readonly checksum?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly yes?: boolean;
  readonly allowPrivate?: boolean;
  readonly stay?: boolean;
}

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
  for (const flag of FLAGS) {
    const names = `${flag.short ? `${flag.short}, ` : ''}${flag.long}${flag.value ? ` <${flag.value}>` : ''}`;
    const option = new Option(names, flag.help);
    const parser = PARSERS[flag.long];
    if (parser) option.argParser(parser);
    command.addOption(option);
  }
  return command.action(async (target: string | string[], parsed: Parsed) => {
    const targets = typeof target === 'string' ? [checkInvite(target)] : target.map(checkUrl);
    checkTogether(targets, parsed);
    const { runDownload } = await import('./run.ts');
    done(await runDownload(text.name, targets, settingsOf(parsed)));
  });
}

/** What is right by itself but not together. */
function checkTogether(targets: readonly string[], parsed: Parsed): void {
  for (const flag of ['output', 'checksum'] as const) {
    if (parsed[flag] === undefined || targets.length === 1) continue;
    const next =
      flag === 'output' ? 'Use --dir to choose where several files go' : 'Check each file by itself';
    throw usageError(
      `--${flag} is for a single download, and there are ${targets.length} URLs.`,
      `${next}, or run one command for each URL.`,
    );
  }
}

function settingsOf(parsed: Parsed): RunSettings {
  const options: { -readonly [Key in keyof TaskOptions]: TaskOptions[Key] } = {};
  if (parsed.dir !== undefined) options.directory = parsed.dir;
  if (parsed.output !== undefined) options.output = parsed.output;
  if (parsed.name !== undefined) options.name = parsed.name;
  if (parsed.port !== undefined) options.port = parsed.port;
  if (parsed.limit !== undefined) options.limitRate = parsed.limit;
  if (parsed.connections !== undefined) options.connections = parsed.connections;
  if (parsed.checksum !== undefined) options.checksum = parsed.checksum;
  if (parsed.header !== undefined) options.request = { headers: parsed.header };
  if (parsed.allowPrivate) options.allowPrivate = true;
  if (parsed.stay) options.stay = true;
  return { options, json: parsed.json ?? false, quiet: parsed.quiet ?? false, yes: parsed.yes ?? false };
}

/** The parser's complaint as a sentence with a next step. */
function wrongUsage(error: CommanderError, argv: readonly string[]): DragonloadError {
  const [first = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const command = COMMANDS.find((one) => one.name === route(argv)[0])?.name;
  const hint = hints.find((line) => line.startsWith('(Did you mean'))?.slice(1, -1);
  const help = `Run "dragonload ${command ? `${command} ` : ''}--help" to see how it is used.`;
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/[.:]?$/, '.');
  return usageError(sentence, hint ? `${hint} ${help}` : help);
}

function examplesText(examples: CommandText['examples']): string {
  return `\nExamples:\n${examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join('\n')}`;
}

const PROGRAM_NOTES = `
A bare URL is a "get" and a bare invite is a "join".

Examples:
  dragonload get https://example.org/disc.iso
  dragonload host https://example.org/disc.iso
  dragonload join 'dragon://join/v1/ROOM?h=...#k=...'

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
DRAGONLOAD_HOME moves config, data and cache into one directory.`;
