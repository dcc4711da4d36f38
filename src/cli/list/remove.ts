import type { DownloadCommands } from '../../downloads/download-commands.ts';
import type { DownloadRow } from '../../downloads/edits.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { usageError } from '../flags/usage.ts';
import { ask } from '../report/prompt.ts';
import { formatBytes } from '../text/format.ts';
import { safeText, shorten } from '../text/text.ts';
import { checkChoice, rowsOf } from './choose.ts';
import { say } from './say.ts';

/** Longer names are shortened in a question. */
const MAX_NAME_COLUMNS = 60;
/** Of more downloads than this only the number is told. */
const MAX_LINES = 20;
/** Each transaction costs as much as some twenty downloads. Those that were removed stay so when it is broken off. */
const REMOVED_AT_ONCE = 1_000;

/** `dragonload rm`: forgets downloads; partial files go with them unless they are to be kept. */
export async function remove(
  commands: DownloadCommands,
  ids: readonly string[],
  flags: ListFlags,
): Promise<number | undefined> {
  checkChoice(
    ids,
    [
      ['--failed', flags.failed],
      ['--finished', flags.finished],
    ],
    true,
  );
  const rows = chosen(commands, ids, flags);
  const losing = flags.keep === true ? [] : rows.filter((row) => row.state !== 'done' && row.heldBytes > 0);
  if (losing.length > 0 && !(await isSure(losing, flags))) {
    say('Nothing was removed.');
    return undefined;
  }
  const tell = rows.length <= MAX_LINES ? say : () => {};
  for (let from = 0; from < rows.length; from += REMOVED_AT_ONCE) {
    const some = rows.slice(from, from + REMOVED_AT_ONCE);
    for (const words of await removeSome(commands, some, flags.keep === true)) tell(words);
  }
  if (rows.length === 0) say('There is nothing to remove.');
  else if (rows.length > MAX_LINES) say(`Removed ${rows.length} downloads from the list.`);
  return undefined;
}

function chosen(
  commands: DownloadCommands,
  ids: readonly string[],
  flags: ListFlags,
): readonly DownloadRow[] {
  if (flags.failed === true) return commands.list({ states: ['failed'] });
  return flags.finished === true ? commands.list({ states: ['done'] }) : rowsOf(commands, ids);
}

/** What became of each, in words. */
async function removeSome(
  commands: DownloadCommands,
  rows: readonly DownloadRow[],
  keep: boolean,
): Promise<readonly string[]> {
  const recipients = await commands.remove(
    rows.map(({ id }) => id),
    { keepPart: keep },
  );
  return rows.map(({ id, state }, index) => {
    if (recipients[index] !== 'nobody') return `Download ${id} is told to end.`;
    if (state === 'done') return `Forgot ${id}; the file stays.`;
    return keep ? `Forgot ${id}; what has arrived stays.` : `Removed ${id}.`;
  });
}

async function isSure(rows: readonly DownloadRow[], flags: ListFlags): Promise<boolean> {
  if (flags.yes === true) return true;
  if (process.stdin.isTTY !== true) {
    throw usageError(
      'Partial files would be deleted, and there is no terminal to ask on.',
      'Add --yes or --keep.',
    );
  }
  const [first] = rows;
  const name = shorten(safeText(first?.fileName ?? `download ${first?.id}`), MAX_NAME_COLUMNS);
  const bytes = formatBytes(rows.reduce((sum, { heldBytes }) => sum + heldBytes, 0));
  const what = rows.length === 1 ? name : `${rows.length} downloads`;
  return ask(`Delete the ${bytes} that have arrived of ${what}?`, {
    input: process.stdin,
    output: process.stderr,
  });
}
