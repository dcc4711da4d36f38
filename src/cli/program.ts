import { Command, CommanderError } from 'commander';
import type { DragonloadError } from '../core/errors.ts';
import { checkForgottenValues, checkRequests, checkTogether } from './flags/combinations.ts';
import { COMMANDS, type CommandText } from './flags/commands.ts';
import { flagsOf } from './flags/flags.ts';
import { addFlag, examplesText, PROGRAM_NOTES } from './flags/help.ts';
import { checkInvite, checkUrl } from './flags/links.ts';
import { LIST_COMMANDS } from './flags/list-commands.ts';
import type { Parsed } from './flags/parsed.ts';
import { runSettingsOf } from './flags/settings.ts';
import { usageError } from './flags/usage.ts';
import { addListCommands } from './list/add-list-commands.ts';
import { route } from './route.ts';
import { EXIT } from './run/exit-codes.ts';
import { checkHostTarget } from './run/host-targets.ts';
import { safeText } from './text/text.ts';
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
  checkForgottenValues(argv);
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
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText('after', PROGRAM_NOTES);
  for (const text of COMMANDS) program.addCommand(buildCommand(text, program, done));
  addListCommands(program, done);
  program
    .commandsGroup('Other:')
    .command('completion')
    .description('print a completion script for bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', examplesText([['eval "$(dragonload completion bash)"', 'in ~/.bashrc']]))
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(shell));
    });
  return program.helpCommand('help [command]', 'print help for a command');
}

function buildCommand(text: CommandText, program: Command, done: (exitCode: number) => void): Command {
  const command = new Command(text.name)
    .copyInheritedSettings(program)
    .helpGroup('Download:')
    .summary(text.help)
    .description(text.details)
    .argument(text.argument)
    .addHelpText('after', examplesText(text.examples));
  for (const flag of flagsOf(text.name)) addFlag(command, flag, flag.idleIn?.includes(text.name));
  return command.action(async (target: string | string[], parsed: Parsed) => {
    const settings = runSettingsOf(text.name, parsed);
    const targets =
      typeof target === 'string'
        ? [checkInvite(target)]
        : target.map(text.name === 'host' ? checkHostTarget : checkUrl);
    if (text.name === 'join') checkRequests(parsed);
    else checkTogether(targets.length, parsed);
    const { runDownload } = await import('./run/run.ts');
    if (text.name === 'join') return done(await runDownload('join', targets, settings));
    const { jobsOf } = await import('./run/read-targets.ts');
    const jobs = await jobsOf(text.name, targets, parsed, (message) => {
      if (!settings.quiet) process.stderr.write(`${safeText(message)}\n`);
    });
    done(await runDownload(text.name, jobs, settings));
  });
}

/** The parser's complaint as a sentence with a next step. */
function wrongUsage(error: CommanderError, argv: readonly string[]): DragonloadError {
  const [first = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const command = [...COMMANDS, ...LIST_COMMANDS].find((one) => one.name === route(argv)[0])?.name;
  const hint = hints.find((line) => line.startsWith('(Did you mean'))?.slice(1, -1);
  const help = `Run "dragonload ${command ? `${command} ` : ''}--help" to see how it is used.`;
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/[.:]?$/, '.');
  return usageError(sentence, hint ? `${hint} ${help}` : help);
}
