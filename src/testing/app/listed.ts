import type { DownloadView } from '../../core/view.ts';
import type { ListedDownload, TaskPicture } from '../../engine/base/task-picture.ts';

/** A download in a queue that waits for its turn; the given fields replace the usual ones. */
export function listedDownload(fields: Partial<ListedDownload> = {}): ListedDownload {
  return {
    id: 1,
    status: 'waiting',
    download: undefined,
    url: 'https://example.org/disc.iso',
    fileName: 'disc.iso',
    path: undefined,
    error: undefined,
    priority: 0,
    limitRate: undefined,
    addedAtMs: 1_000,
    startedAtMs: undefined,
    endedAtMs: undefined,
    view: undefined,
    result: undefined,
    ...fields,
  };
}

/** What a core says of a download in its middle; the given fields replace the usual ones. */
export function coreView(fields: Partial<DownloadView> = {}): DownloadView {
  return {
    id: 'd'.repeat(32),
    fileName: 'disc.iso',
    url: 'https://example.org/disc.iso',
    phase: 'downloading',
    sizeBytes: 1000,
    heldBytes: 400,
    originBytes: 300,
    lanBytes: 100,
    uploadBytes: 50,
    originRate: 30,
    lanRate: 10,
    roomOriginBytes: 600,
    pieceBytes: 100,
    pieceCount: 10,
    pieces: [{ start: 0, end: 4, kind: 'held', by: 'a'.repeat(64) }],
    leftMs: 15_000,
    startedMs: 0,
    ...fields,
  };
}

/** What there is to see of a task with these downloads and no room. */
export function taskPicture(
  downloads: readonly ListedDownload[],
  fields: Partial<TaskPicture> = {},
): TaskPicture {
  return {
    downloads,
    room: undefined,
    me: undefined,
    members: [],
    opensInMs: undefined,
    isQuotaSpent: false,
    ...fields,
  };
}
