import type { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import type { PreparedJob } from './prepare-jobs.ts';
import type { QueuedDownload } from './queued-download.ts';

/** What is known of one download of a queue, beside its place in it. */
export interface Entry {
  readonly id: number;
  prepared: PreparedJob;
  /** While it runs. */
  download: QueuedDownload | undefined;
  /** Why it failed the last time. */
  error: DragonloadError | undefined;
  /** It has been found at its origin since this process began: what goes wrong from then on may pass. */
  wasFound: boolean;
  /** The user wants it to rest. */
  isPaused: boolean;
  /** A link came since it last began. */
  hasFreshLink: boolean;
  /** The user does not want it any more, and its part only if so. */
  isRemoved: boolean;
  keepPart: boolean;
  partPath: string | undefined;
  /** Its own limit in bytes per second, as it was last set. */
  limitRate: number | undefined;
}

/** The downloads of a queue by number, those that run, and what came of those that are over. */
export class Entries {
  readonly all = new Map<number, Entry>();
  readonly running = new Set<Entry>();
  readonly results = new Map<number, Result>();
  /** Those that were given up, the first of them first. */
  readonly failures = new Map<number, DragonloadError>();

  add(id: number, prepared: PreparedJob): void {
    if (this.all.has(id)) return;
    this.all.set(id, {
      id,
      prepared,
      download: undefined,
      error: undefined,
      wasFound: false,
      isPaused: false,
      hasFreshLink: false,
      isRemoved: false,
      keepPart: false,
      partPath: undefined,
      limitRate: prepared.job.limitRate,
    });
  }

  remove(id: number): void {
    this.all.delete(id);
    this.failures.delete(id);
  }

  /** In the order in which the downloads were asked for. */
  resultList(): readonly Result[] {
    return [...this.all.keys()].map((id) => this.results.get(id)).filter((result) => result !== undefined);
  }

  get isComplete(): boolean {
    return this.results.size > 0 && this.results.size === this.all.size;
  }
}
