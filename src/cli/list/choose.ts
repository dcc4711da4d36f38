import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { DownloadCommands } from '../../downloads/download-commands.ts';
import type { DownloadRow } from '../../downloads/edits.ts';
import { usageError } from '../flags/usage.ts';
import { safeText } from '../text/text.ts';

const SEE = 'Run "dragonload ls" to see them; finished ones are in "dragonload history".';

/** Numbers of downloads, each once. Throws as `numberOf`, before anything is done to any of them. */
export function numbersOf(ids: readonly string[]): readonly number[] {
  return [...new Set(ids.map(numberOf))];
}

/** Throws a usage error for what is no number. */
export function numberOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`"${safeText(text).slice(0, 60)}" is not the number of a download.`, SEE);
}

/** The downloads of these numbers, each once. Throws as `numberOf`, and `unknown-download` for what no download has. */
export function rowsOf(commands: DownloadCommands, ids: readonly string[]): readonly DownloadRow[] {
  return numbersOf(ids).map((id) => commands.row(id));
}

/** What to do next about an error of these commands, in their own words. */
export function withAdvice(thrown: unknown, finishedAdvice: string): unknown {
  if (!(thrown instanceof DragonloadError) || thrown.next !== undefined) return thrown;
  const { code, message } = thrown;
  if (code === 'unknown-download')
    return new DragonloadError(code, message, { hint: advice(SEE), cause: thrown });
  return code === 'wrong-state'
    ? new DragonloadError(code, message, { hint: advice(finishedAdvice), cause: thrown })
    : thrown;
}

/** Throws a usage error unless there are either numbers or one of the flags that stand for many. */
export function checkChoice(
  ids: readonly string[],
  flags: readonly (readonly [name: string, given: boolean | undefined])[],
  needed: boolean,
): void {
  const names = flags.map(([name]) => name).join(' or ');
  const given = flags.filter(([, value]) => value === true).map(([name]) => name);
  if (given.length > 0 && ids.length > 0)
    throw usageError(`Numbers and ${given[0]} exclude each other.`, 'Give one or the other.');
  if (given.length > 1)
    throw usageError(`${given.join(' and ')} exclude each other.`, 'Give one of them after the other.');
  if (needed && given.length === 0 && ids.length === 0)
    throw usageError(`Name a download, or use ${names}.`, 'Their numbers are in: dragonload ls');
}
