import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { DownloadCommands } from '../../downloads/download-commands.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { parseRate } from '../flags/rate.ts';
import { wholeNumber } from '../flags/values.ts';
import { formatRate } from '../text/format.ts';
import { safeText } from '../text/text.ts';
import { checkChoice, numberOf, numbersOf, rowsOf } from './choose.ts';
import { say } from './say.ts';

/** `dragonload pause`: those that a process has are told to, the others are marked. */
export function pause(commands: DownloadCommands, ids: readonly string[], flags: ListFlags): undefined {
  checkChoice(ids, [['--all', flags.all]], true);
  if (flags.all !== true) {
    for (const { id } of rowsOf(commands, ids)) pauseOne(commands, id);
    return;
  }
  const told = commands.pauseAll();
  if (told === 0) say('Nothing is running.');
  else say(`${counted(told)} told to pause. To go on: dragonload resume --all`);
}

/** Of several, one that cannot be paused is no reason to leave the others alone. */
function pauseOne(commands: DownloadCommands, id: number): void {
  try {
    const what = commands.pause(id) === 'nobody' ? 'is not running' : 'is told to pause';
    say(`Download ${id} ${what}. To go on: dragonload resume ${id}`);
  } catch (thrown) {
    if (!(thrown instanceof DragonloadError) || thrown.code !== 'wrong-state') throw thrown;
    say(thrown.message);
  }
}

/** `dragonload priority`: for the process that has it now, and for later. */
export function setPriority(
  commands: DownloadCommands,
  [text = '', value = '']: readonly string[],
): undefined {
  const id = numberOf(text);
  const priority = wholeNumber('The priority', value, -1000, 1000);
  commands.setPriority(id, priority);
  say(`Download ${id} has the priority ${priority}.`);
}

/** `dragonload limit`: for everything of this user, or for some; tells the limit when there is nothing to change. */
export function limit(commands: DownloadCommands, [text, ...ids]: readonly string[]): undefined {
  if (text === undefined) {
    process.stdout.write(`${commonLimit(commands) ?? 'There is no limit for all downloads together.'}\n`);
    return;
  }
  const bytes = limitOf(text);
  if (ids.length === 0) {
    commands.setCommonLimit(bytes);
    say(commonLimit(commands) ?? 'There is no limit for all downloads together any more.');
    return;
  }
  const numbers = numbersOf(ids);
  commands.setLimit(numbers, bytes);
  for (const id of numbers)
    say(
      bytes === undefined
        ? `Download ${id} has no limit of its own.`
        : `Download ${id}, limit: ${formatRate(bytes)}.`,
    );
}

/** What holds for all downloads of this user together, in words; undefined when nothing does. */
export function commonLimit({ commonLimit: bytes }: DownloadCommands): string | undefined {
  return bytes === undefined ? undefined : `Limit for all downloads together: ${formatRate(bytes)}.`;
}

function limitOf(text: string): number | undefined {
  if (/^(none|off|0)$/i.test(text)) return undefined;
  try {
    return parseRate(text);
  } catch (thrown) {
    throw new DragonloadError('usage', `"${safeText(text).slice(0, 60)}" is not a rate (try 500k, 2M).`, {
      hint: advice(
        'Write the rate first, such as 2M, 500k or none, and then the numbers of downloads if it is for some.',
      ),
      cause: thrown,
    });
  }
}

function counted(count: number): string {
  return count === 1 ? 'One download is' : `${count} downloads are`;
}
