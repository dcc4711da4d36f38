import type { DragonloadError } from '../../core/errors.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';

/** What came of the downloads of a member, and how the whole ended. */
export class Outcome {
  readonly results = new Map<DownloadId, Result>();
  /** Under no download: what failed for all of them. */
  readonly failures = new Map<DownloadId | undefined, DragonloadError>();
  readonly #end = Promise.withResolvers<readonly Result[]>();

  constructor() {
    // Whoever only stops it need not look at the promise.
    this.#end.promise.catch(() => {});
  }

  get finished(): Promise<readonly Result[]> {
    return this.#end.promise;
  }

  done(download: DownloadId, result: Result): void {
    this.results.set(download, result);
  }

  /** A download has failed, even if it was done: its file is worth nothing any more. False: it had failed already. */
  failed(download: DownloadId | undefined, error: DragonloadError): boolean {
    if (this.failures.has(download)) return false;
    if (download !== undefined) this.results.delete(download);
    this.failures.set(download, error);
    return true;
  }

  /** A download that had failed goes on. */
  healed(download: DownloadId): void {
    this.failures.delete(download);
  }

  /** Whether each of these downloads is done or has failed. */
  isOver(downloads: Iterable<DownloadId>): boolean {
    return [...downloads].every((id) => this.results.has(id) || this.failures.has(id));
  }

  /** Nothing has failed, or there is at least something that others may want. */
  get mayServe(): boolean {
    return this.failures.size === 0 || this.results.size > 0;
  }

  get firstFailure(): DragonloadError | undefined {
    const [failure] = this.failures.values();
    return failure;
  }

  /**
   * Settles `finished`, with the results in the order of `downloads`, which are all that were taken on. Being stopped is no
   * failure when all of them were done by then.
   */
  end(failure: DragonloadError | undefined, downloads: readonly DownloadId[]): void {
    const results = downloads.map((id) => this.results.get(id)).filter((result) => result !== undefined);
    const isComplete = results.length > 0 && results.length === downloads.length && this.failures.size === 0;
    if (failure && !(isComplete && failure.code === 'aborted')) this.#end.reject(failure);
    else this.#end.resolve(results);
  }
}
