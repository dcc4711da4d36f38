import { basename } from 'node:path';
import { PART_SUFFIX } from '../../core/file-name.ts';
import { displayUrl } from '../../url/web-url.ts';
import type { DownloadRates, ListedDownload } from '../base/task-picture.ts';
import type { Entries, Entry } from './entries.ts';
import { nameOf } from './view.ts';

/** The entries of a queue as data. One that has not changed stays the same object, so that drawing often is cheap. */
export class QueueList {
  readonly #entries: Entries;
  #listed: readonly ListedDownload[] = [];

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** In the order in which the downloads were asked for; the same list as before when nothing has changed. */
  downloads(): readonly ListedDownload[] {
    const before = this.#listed;
    const listed: ListedDownload[] = [];
    let isSame = true;
    // Entries keep their order, and new ones come last: those that do not match have been removed.
    let at = 0;
    for (const entry of this.#entries.all.values()) {
      while (at < before.length && before[at]!.id !== entry.id) at++;
      const status = this.#statusOf(entry);
      const known = before[at];
      const isKnown = known !== undefined && isAsBefore(known, entry, status);
      isSame &&= isKnown;
      listed.push(isKnown ? known : this.#list(entry, status));
    }
    if (!isSame || listed.length !== before.length) this.#listed = listed;
    return this.#listed;
  }

  /** The rates of what runs. */
  rates(): readonly DownloadRates[] {
    const rates: DownloadRates[] = [];
    for (const { id, download } of this.#entries.running) {
      const view = download?.downloadView;
      if (view !== undefined) rates.push({ id, originRate: view.originRate, lanRate: view.lanRate });
    }
    return rates;
  }

  /** What is told to stop still runs until it has stopped. */
  #statusOf({ id, download, isPaused, isRemoved }: Entry): ListedDownload['status'] {
    if (this.#entries.results.has(id)) return 'done';
    if (isRemoved) return 'removed';
    if (download !== undefined) return 'running';
    if (this.#entries.failures.has(id)) return 'failed';
    return isPaused ? 'paused' : 'waiting';
  }

  #list(entry: Entry, status: ListedDownload['status']): ListedDownload {
    const { id, prepared, download, partPath, error, priority, limitRate, lastView } = entry;
    const { addedAtMs, startedAtMs, endedAtMs } = entry;
    const result = this.#entries.results.get(id);
    const url = displayUrl(prepared.job.url);
    const view = download?.downloadView ?? lastView;
    const known = download?.targetPath ?? partPath?.slice(0, -PART_SUFFIX.length);
    return {
      id,
      status,
      download: result?.download ?? view?.id,
      url,
      fileName: result === undefined ? (view?.fileName ?? nameOf(prepared.job, url)) : basename(result.path),
      path: result?.path ?? known,
      error,
      priority,
      limitRate,
      addedAtMs,
      startedAtMs,
      endedAtMs,
      view,
      result,
    };
  }
}

/** One that runs moves all the time. */
function isAsBefore(known: ListedDownload, entry: Entry, status: ListedDownload['status']): boolean {
  return (
    entry.download === undefined &&
    known.status === status &&
    known.view === entry.lastView &&
    known.error === entry.error &&
    known.priority === entry.priority &&
    known.limitRate === entry.limitRate &&
    known.startedAtMs === entry.startedAtMs &&
    known.endedAtMs === entry.endedAtMs
  );
}
