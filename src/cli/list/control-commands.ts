import { DragonloadError } from '../../core/errors.ts';
import type { DownloadRow, Store } from '../../downloads/edits.ts';
import { withChange } from '../../downloads/edits.ts';
import { parseRate } from '../flags/rate.ts';
import { usageError } from '../flags/usage.ts';
import { wholeNumber } from '../flags/values.ts';
import { formatRate } from '../text/format.ts';
import { safeText } from '../text/text.ts';
import { checkChoice, rowOf, rowsOf } from './choose.ts';
import type { ListFlags } from './list-flags.ts';
import { say } from './say.ts';

/** `dragonload pause`: those that a process has are told to, the others are marked. */
export function pause(store: Store, ids: readonly string[], flags: ListFlags): undefined {
  checkChoice(ids, [['--all', flags.all]], true);
  if (flags.all !== true) {
    for (const row of rowsOf(store, ids)) pauseOne(store, row);
    return;
  }
  const rows = store.list({ states: ['running', 'waiting'] });
  let told = 0;
  store.together(() => {
    told = rows.filter(({ id }) => store.request({ kind: 'pause', download: id })).length;
  });
  if (told === 0) say('Nothing is running.');
  else say(`${counted(told)} told to pause. To go on: dragonload resume --all`);
}

function pauseOne(store: Store, { id, state }: DownloadRow): void {
  if (state === 'done' || state === 'failed') {
    say(`Download ${id} ${state === 'done' ? 'is finished' : 'has failed'}: there is nothing to pause.`);
  } else if (store.request({ kind: 'pause', download: id })) {
    say(`Download ${id} is told to pause. To go on: dragonload resume ${id}`);
  } else {
    store.update(id, { state: 'paused' });
    say(`Download ${id} is not running. To go on: dragonload resume ${id}`);
  }
}

/** `dragonload priority`: for the process that has it now, and for later. */
export function setPriority(store: Store, [id = '', text = '']: readonly string[]): undefined {
  const row = rowOf(store, id);
  const priority = wholeNumber('The priority', text, -1000, 1000);
  checkUnfinished(row);
  store.update(row.id, { priority, job: withChange(row, { priority }) });
  store.request({ kind: 'priority', download: row.id, value: String(priority) });
  say(`Download ${row.id} has the priority ${priority}.`);
}

/** `dragonload limit`: for everything of this user, or for some; tells the limit when there is nothing to change. */
export function limit(store: Store, [text, ...ids]: readonly string[]): undefined {
  if (text === undefined) {
    process.stdout.write(`${commonLimit(store) ?? 'There is no limit for all downloads together.'}\n`);
    return;
  }
  const bytes = limitOf(text);
  if (ids.length === 0) {
    store.setSetting('limit', bytes === undefined ? undefined : String(bytes));
    say(commonLimit(store) ?? 'There is no limit for all downloads together any more.');
    return;
  }
  const rows = rowsOf(store, ids);
  for (const row of rows) checkUnfinished(row);
  for (const row of rows) {
    store.update(row.id, { job: withChange(row, { limitRate: bytes }) });
    store.request({ kind: 'limit', download: row.id, value: bytes === undefined ? 'none' : String(bytes) });
    say(
      `Download ${row.id} ${bytes === undefined ? 'has no limit of its own.' : `keeps to ${formatRate(bytes)}.`}`,
    );
  }
}

/** What holds for all downloads of this user together, in words; undefined when nothing does. */
export function commonLimit(store: Store): string | undefined {
  const bytes = Number(store.setting('limit'));
  return bytes > 0 && Number.isFinite(bytes)
    ? `All downloads together keep to ${formatRate(bytes)}.`
    : undefined;
}

function limitOf(text: string): number | undefined {
  if (/^(none|off|0)$/i.test(text)) return undefined;
  try {
    return parseRate(text);
  } catch (thrown) {
    throw new DragonloadError('usage', `"${safeText(text).slice(0, 60)}" is no rate that can be kept to.`, {
      next: 'Write the rate first, such as 2M, 500k or none, and then the numbers of downloads if it is for some.',
      cause: thrown,
    });
  }
}

function checkUnfinished({ id, state }: DownloadRow): void {
  if (state === 'done')
    throw usageError(`Download ${id} is finished.`, 'Run "dragonload ls" to see those that are not.');
}

function counted(count: number): string {
  return count === 1 ? 'One download is' : `${count} downloads are`;
}
