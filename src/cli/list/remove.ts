import { type DownloadRow, deletePart, type Store } from '../../member/downloads.ts';
import { formatBytes } from '../format.ts';
import { ask } from '../prompt.ts';
import { safeText } from '../text.ts';
import { usageError } from '../usage.ts';
import { type ListFlags, say } from './carry-out.ts';

/** `dragonload rm`: forgets downloads; partial files go with them unless they are to be kept. */
export async function remove(
  store: Store,
  rows: readonly DownloadRow[],
  flags: ListFlags,
): Promise<number | undefined> {
  for (const row of rows) {
    const partial = row.state !== 'done' && row.heldBytes > 0 && flags.keep !== true;
    if (partial && !(await isSure(row, flags))) continue;
    if (store.isRunning(row.id)) {
      store.request({ kind: 'remove', download: row.id, ...(flags.keep === true ? { value: 'keep' } : {}) });
      say(`Download ${row.id} is told to end.`);
      continue;
    }
    if (row.state !== 'done' && flags.keep !== true) await deletePart(row);
    store.remove(row.id);
    say(row.state === 'done' ? `Forgot ${row.id}; the file stays.` : `Removed ${row.id}.`);
  }
  return undefined;
}

async function isSure(row: DownloadRow, flags: ListFlags): Promise<boolean> {
  if (flags.yes === true) return true;
  if (process.stdin.isTTY !== true) {
    throw usageError(
      'Partial files would be deleted, and there is no terminal to ask on.',
      'Add --yes or --keep.',
    );
  }
  const name = safeText(row.fileName ?? `download ${row.id}`);
  const question = `Delete the ${formatBytes(row.heldBytes)} that have arrived of ${name}?`;
  return ask(question, { input: process.stdin, output: process.stderr });
}
