import { DragonloadError } from '../../core/errors.ts';
import type { DownloadRow, Store } from '../../member/downloads.ts';
import { openStore } from '../../member/downloads.ts';
import { parseRate } from '../rate.ts';
import { safeText } from '../text.ts';
import { usageError } from '../usage.ts';
import type { ListCommandText } from './list-commands.ts';

/** The flags of these commands, by their long names. */
export type ListFlags = Readonly<Record<string, string | boolean>>;

/** Carries out a command about earlier downloads. Resolves to the exit code, undefined for 0. */
export async function carryOut(
  name: ListCommandText['name'],
  args: readonly string[],
  flags: ListFlags,
): Promise<number | undefined> {
  using store = openStore((message) => process.stderr.write(`${safeText(message)}\n`));
  switch (name) {
    case 'ls': {
      const { listUnfinished } = await import('./listing.ts');
      return listUnfinished(store, flags);
    }
    case 'history': {
      const { listFinished } = await import('./listing.ts');
      return listFinished(store, flags);
    }
    case 'resume': {
      const { resume } = await import('./resume.ts');
      return resume(store, rowsOf(store, args), flags);
    }
    case 'pause':
      return pause(rowsOf(store, args), store);
    case 'rm': {
      const { remove } = await import('./remove.ts');
      return remove(store, rowsOf(store, args), flags);
    }
    case 'refresh': {
      const { refresh } = await import('./refresh.ts');
      const [id = '', url = ''] = args;
      return refresh(store, rowOf(store, id), url);
    }
    case 'limit':
      return limit(store, args);
  }
}

function pause(rows: readonly DownloadRow[], store: Store): undefined {
  for (const { id } of rows) {
    if (!store.isRunning(id)) throw notRunning(id);
    store.request({ kind: 'pause', download: id });
    say(`Download ${id} is told to pause. To go on: dragonload resume ${id}`);
  }
}

function limit(store: Store, [rate = '', ...ids]: readonly string[]): undefined {
  const bytes = rate === 'none' ? undefined : String(parseRate(rate, 'The limit'));
  if (ids.length === 0) {
    store.setSetting('limit', bytes);
    say(
      bytes === undefined
        ? 'There is no limit any more.'
        : `All downloads together keep to ${rate} from now on.`,
    );
    return;
  }
  for (const { id } of rowsOf(store, ids)) {
    if (!store.isRunning(id)) throw notRunning(id);
    store.request({ kind: 'limit', download: id, value: bytes ?? 'none' });
    say(`Download ${id}: ${bytes === undefined ? 'no limit' : `at most ${rate}`}.`);
  }
}

function rowsOf(store: Store, ids: readonly string[]): readonly DownloadRow[] {
  return [...new Set(ids)].map((id) => rowOf(store, id));
}

/** Throws a usage error for what is no number, `unknown-download` for one that no download has. */
function rowOf(store: Store, text: string): DownloadRow {
  if (!/^\d{1,15}$/.test(text)) {
    throw usageError(
      `"${safeText(text)}" is not the number of a download.`,
      'Run "dragonload ls" to see them; finished ones are in "dragonload history".',
    );
  }
  const row = store.get(Number(text));
  if (row !== undefined) return row;
  throw new DragonloadError('unknown-download', `There is no download ${text}.`, {
    next: 'Run "dragonload ls" to see them; finished ones are in "dragonload history".',
  });
}

function notRunning(id: number): DragonloadError {
  return new DragonloadError('unknown-download', `Download ${id} is not running.`, {
    next: 'Run "dragonload ls" to see which ones are.',
  });
}

/** A sentence for people. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
