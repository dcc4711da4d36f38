import { safeFileName } from '../../core/file-name.ts';
import { pieceBytesFor } from '../../core/geometry.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView, QueueView, View } from '../../core/view.ts';
import type { Job } from '../../lists/job.ts';

/** So many of the downloads that are over stay in the picture. */
const KEPT_DONE = 5;
const KEPT_FAILED = 50;

/** Draws many downloads as one picture: those that run, what has failed, and the latest that are done. */
export class QueuePicture {
  readonly #done: DownloadView[] = [];
  readonly #failed = new Map<number, DownloadView>();
  /** Bytes of the files that are done. */
  #doneBytes = 0;

  /** Keeps the last picture of a download that is done. */
  done(view: DownloadView): void {
    this.#doneBytes += view.sizeBytes ?? 0;
    this.#done.push(view);
    if (this.#done.length > KEPT_DONE) this.#done.shift();
  }

  /** Keeps the last picture of one that has failed, until it is tried again. */
  failed(id: number, view: DownloadView): void {
    this.#failed.set(id, { ...view, phase: 'failed', originRate: 0, lanRate: 0, leftMs: undefined });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > KEPT_FAILED && oldest !== undefined) this.#failed.delete(oldest);
  }

  again(id: number): void {
    this.#failed.delete(id);
  }

  /** `running`: one view for each download that runs. `queue` is left out where one download is all there is. */
  view(running: readonly View[], queue: QueueView | undefined): View {
    const [first] = running;
    const active = running.flatMap(({ downloads }) => downloads);
    const over = [...this.#failed.values(), ...this.#done];
    const downloads = [...active, ...over];
    if (queue === undefined) {
      const { me = '', room, members = [] } = first ?? {};
      return { me, room, members, downloads };
    }
    const sum = (pick: (view: DownloadView) => number | undefined) =>
      active.reduce((total, view) => total + (pick(view) ?? 0), 0);
    return {
      me: first?.me ?? '',
      room: undefined,
      members: first?.members ?? [],
      downloads,
      queue: {
        ...queue,
        heldBytes: this.#doneBytes + sum((view) => view.heldBytes),
        sizeBytes: this.#doneBytes + sum((view) => view.sizeBytes),
      },
    };
  }
}

/** What a file is called before its origin has been asked. `url`: its address, safe to show. */
export function nameOf({ output, fileName }: Job, url: string): string {
  return safeFileName(output ?? fileName ?? url.slice(url.lastIndexOf('/') + 1));
}

/** The picture of a finished file for which no engine had to run. */
export function finishedView(result: Result, fileName: string, startedMs: number): DownloadView {
  const { sizeBytes, originBytes } = result;
  const pieceBytes = pieceBytesFor(sizeBytes);
  const pieceCount = Math.ceil(sizeBytes / pieceBytes);
  return {
    ...restingView(result.download, result.url, fileName, startedMs),
    phase: 'done',
    sizeBytes,
    heldBytes: sizeBytes,
    originBytes,
    roomOriginBytes: originBytes,
    pieceBytes,
    pieceCount,
    pieces: pieceCount > 0 ? [{ start: 0, end: pieceCount, kind: 'held', by: undefined }] : [],
  };
}

/** The picture of a download of which nothing has arrived. `url`: fit to be shown. */
export function restingView(id: string, url: string, fileName: string, startedMs: number): DownloadView {
  return {
    id,
    fileName,
    url,
    phase: 'waiting',
    sizeBytes: undefined,
    heldBytes: 0,
    originBytes: 0,
    lanBytes: 0,
    uploadBytes: 0,
    originRate: 0,
    lanRate: 0,
    roomOriginBytes: 0,
    pieceBytes: pieceBytesFor(undefined),
    pieceCount: undefined,
    pieces: [],
    leftMs: undefined,
    startedMs,
  };
}
