import { Command } from 'commander';
import { addFlag, examplesText } from '../flags/help.ts';
import { LIST_COMMANDS } from '../flags/list-commands.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { EXIT } from '../run/exit-codes.ts';

/** Adds these commands to the program. What carries them out is loaded when it is called for. */
export function addListCommands(program: Command, done: (exitCode: number) => void): void {
  for (const text of LIST_COMMANDS) {
    const command = new Command(text.name)
      .copyInheritedSettings(program)
      .helpGroup('Downloads begun before:')
      .summary(text.help)
      .description(text.details)
      .addHelpText('after', examplesText(text.examples));
    for (const argument of text.argument?.split(' ') ?? []) command.argument(argument);
    for (const flag of text.flags) addFlag(command, flag);
    command.action(async (...given: unknown[]) => {
      const { carryOut } = await import('./carry-out.ts');
      const args = given.slice(0, -2).flat() as (string | undefined)[];
      const flags = given.at(-2) as ListFlags;
      const words = args.filter((word) => word !== undefined);
      done((await carryOut(text.name, words, flags)) ?? EXIT.done);
    });
    program.addCommand(command);
  }
}
