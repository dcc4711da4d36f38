import type { DragonloadError } from '../../core/errors.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView, View } from '../../core/view.ts';
import type { DownloadRates, ListedDownload, TaskPicture } from '../base/task-picture.ts';

/** What a task in a room knows of a download beside its core. */
export interface RoomDownloadFacts {
  /** Its number in the list of downloads. */
  readonly id: number;
  readonly path: string | undefined;
  readonly result: Result | undefined;
  readonly error: DragonloadError | undefined;
  /** In milliseconds since the epoch; undefined while it is not over. */
  readonly endedAtMs: number | undefined;
}

/** The room and its downloads as data. `factsOf`: undefined for a download that has no number yet. */
export function roomPicture(
  { me, room, members, downloads }: View,
  factsOf: (download: DownloadId) => RoomDownloadFacts | undefined,
): TaskPicture {
  const listed: ListedDownload[] = [];
  for (const view of downloads) {
    const facts = factsOf(view.id);
    if (facts !== undefined) listed.push(listedDownload(view, facts));
  }
  return {
    downloads: listed,
    room,
    me: room === undefined ? undefined : me,
    members,
    opensInMs: undefined,
    isQuotaSpent: false,
  };
}

function listedDownload(view: DownloadView, facts: RoomDownloadFacts): ListedDownload {
  const { result, error } = facts;
  const startedAtMs = Math.round(performance.timeOrigin + view.startedMs);
  return {
    ...facts,
    path: result?.path ?? facts.path,
    download: view.id,
    status: result !== undefined ? 'done' : error !== undefined ? 'failed' : 'running',
    url: view.url,
    fileName: view.fileName,
    priority: 0,
    limitRate: undefined,
    addedAtMs: startedAtMs,
    startedAtMs,
    view,
  };
}

/** How fast those go that are under way. */
export function roomRates(
  { downloads }: View,
  idOf: (download: DownloadId) => number | undefined,
): readonly DownloadRates[] {
  const rates: DownloadRates[] = [];
  for (const { id: download, phase, originRate, lanRate } of downloads) {
    const id = idOf(download);
    if (id !== undefined && phase !== 'done' && phase !== 'failed') rates.push({ id, originRate, lanRate });
  }
  return rates;
}
