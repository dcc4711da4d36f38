import { DragonloadError } from '../../core/errors.ts';
import type { DownloadRow, Store } from '../../downloads/edits.ts';
import { usageError } from '../flags/usage.ts';
import { safeText } from '../text/text.ts';

const SEE = 'Run "dragonload ls" to see them; finished ones are in "dragonload history".';

/** The downloads of these numbers, each once. Throws as `rowOf`, before anything is done to any of them. */
export function rowsOf(store: Store, ids: readonly string[]): readonly DownloadRow[] {
  const rows = ids.map((id) => rowOf(store, id));
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** Throws a usage error for what is no number, `unknown-download` for one that no download has. */
export function rowOf(store: Store, text: string): DownloadRow {
  if (!/^\d{1,15}$/.test(text)) {
    throw usageError(`"${safeText(text).slice(0, 60)}" is not the number of a download.`, SEE);
  }
  const row = store.get(Number(text));
  if (row !== undefined) return row;
  throw new DragonloadError('unknown-download', `There is no download ${text}.`, { next: SEE });
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
    throw usageError('It does not say which downloads.', `Give their numbers, or ${names}.`);
}
