import type { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView } from '../../core/view.ts';
import type { DownloadState } from '../../store/download-row.ts';
import { keyOf, type PreparedJob } from './prepare-jobs.ts';
import type { QueuedDownload } from './queued-download.ts';

/** What is known of one download of a queue, beside its place in it. */
export interface Entry {
  readonly id: number;
  prepared: PreparedJob;
  /** While it runs. */
  download: QueuedDownload | undefined;
  /** Why it failed the last time. */
  error: DragonloadError | undefined;
  /** Another process had it when it was last asked for: commands about it are for that one. */
  isElsewhere: boolean;
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
  /** As it was last set. */
  priority: number;
  /** How it looked when it last stopped or failed. */
  lastView: DownloadView | undefined;
  /** In milliseconds since the epoch, as the next two. */
  readonly addedAtMs: number;
  /** When it had its turn the last time. */
  startedAtMs: number | undefined;
  /** When it was done or given up. */
  endedAtMs: number | undefined;
}

/** The downloads of a queue by number, those that run, and what came of those that are over. */
export class Entries {
  readonly all = new Map<number, Entry>();
  readonly running = new Set<Entry>();
  readonly #numbers = new Map<string, number>();
  readonly results = new Map<number, Result>();
  /** Those that were given up, the first of them first. */
  readonly failures = new Map<number, DragonloadError>();

  /** One that is there already stays as it is. */
  add(id: number, prepared: PreparedJob): Entry {
    const known = this.all.get(id);
    if (known !== undefined) return known;
    const entry: Entry = {
      id,
      prepared,
      download: undefined,
      error: undefined,
      isElsewhere: false,
      wasFound: false,
      isPaused: false,
      hasFreshLink: false,
      isRemoved: false,
      keepPart: false,
      partPath: undefined,
      limitRate: prepared.job.limitRate,
      priority: prepared.job.priority ?? 0,
      lastView: undefined,
      addedAtMs: Date.now(),
      startedAtMs: undefined,
      endedAtMs: undefined,
    };
    this.all.set(id, entry);
    this.#numbers.set(keyOf(prepared), id);
    return entry;
  }

  /** The number of the same download, if it is there already. */
  numberOf(prepared: PreparedJob): number | undefined {
    return prepared.job.id ?? this.#numbers.get(keyOf(prepared));
  }

  remove(id: number): void {
    const entry = this.all.get(id);
    if (entry !== undefined) this.#numbers.delete(keyOf(entry.prepared));
    this.all.delete(id);
    this.results.delete(id);
    this.failures.delete(id);
  }

  /** What a command would find; `removed`: it is being stopped and deleted. Undefined for what this process has not. */
  stateOf(id: number): DownloadState | 'removed' | undefined {
    const entry = this.all.get(id);
    if (entry === undefined || entry.isElsewhere) return undefined;
    if (this.results.has(id)) return 'done';
    if (entry.isRemoved) return 'removed';
    if (this.failures.has(id)) return 'failed';
    if (entry.isPaused) return 'paused';
    return entry.download === undefined ? 'waiting' : 'running';
  }

  /** In the order in which the downloads were asked for. */
  resultList(): readonly Result[] {
    return [...this.all.keys()].map((id) => this.results.get(id)).filter((result) => result !== undefined);
  }

  get isComplete(): boolean {
    return this.results.size > 0 && this.results.size === this.all.size;
  }
}
