import { DragonloadError } from '../../core/errors.ts';
import type { LocalDownloads } from '../../downloads/download-commands.ts';
import type { Registry } from '../../downloads/registry.ts';
import type { DownloadState } from '../../store/download-row.ts';
import type { QueueDriver } from './driver.ts';
import type { Entries, Entry } from './entries.ts';
import { partPathOf } from './progress.ts';
import type { QueuePicture } from './view.ts';

export interface QueueRequestsOptions {
  readonly entries: Entries;
  readonly driver: QueueDriver;
  readonly registry: Registry;
  readonly picture: QueuePicture;
  /** For journals and locks. */
  readonly dataDir: string;
  readonly onNotice: (message: string) => void;
}

/** Carries out commands about the downloads of a queue, whether they come from this process or another one. */
export class QueueRequests implements LocalDownloads {
  readonly #options: QueueRequestsOptions;
  readonly #forgetting = new Set<Promise<void>>();

  constructor(options: QueueRequestsOptions) {
    this.#options = options;
  }

  ids(): Iterable<number> {
    return this.#options.entries.all.keys();
  }

  stateOf(id: number): DownloadState | 'removed' | undefined {
    return this.#options.entries.stateOf(id);
  }

  isInRoom(): boolean {
    return false;
  }

  pause(id: number): void {
    const { entries, driver, registry } = this.#options;
    const entry = entries.all.get(id);
    // Those that are over have nothing to pause.
    const state = entries.stateOf(id);
    if (entry === undefined || (state !== 'running' && state !== 'waiting')) return;
    entry.isPaused = true;
    driver.handle({ type: 'pause', id });
    if (entry.download === undefined) registry.rests(id, 'paused');
  }

  resume(id: number): void {
    const { entries, driver, registry } = this.#options;
    const entry = entries.all.get(id);
    const state = entries.stateOf(id);
    if (entry === undefined || state === 'done' || state === 'removed') return;
    entries.failures.delete(id);
    entry.isPaused = false;
    if (entry.download === undefined) registry.rests(id, 'waiting');
    driver.handle({ type: 'resume', id });
  }

  /** One that is done is only forgotten: its file stays. */
  remove(id: number, { keepPart }: { readonly keepPart: boolean }): void {
    const { entries, driver, picture } = this.#options;
    const entry = entries.all.get(id);
    if (entry === undefined || entry.isRemoved) return;
    picture.again(id);
    entry.keepPart = keepPart || entries.results.has(id);
    entry.isRemoved = true;
    if (entry.download === undefined) this.forget(entry);
    driver.handle({ type: 'remove', id });
  }

  /** In bytes per second; undefined: none. */
  setLimit(bytesPerSecond: number | undefined, id: number): void {
    const entry = this.#options.entries.all.get(id);
    if (entry === undefined) return;
    entry.limitRate = bytesPerSecond;
    entry.download?.setLimit(bytesPerSecond);
  }

  setPriority(id: number, priority: number): void {
    const { entries, driver, registry } = this.#options;
    const entry = entries.all.get(id);
    if (entry !== undefined) entry.priority = priority;
    driver.handle({ type: 'priority', id, priority });
    registry.progress(id, { priority });
  }

  /** One that runs takes the link at once, one that has failed or is paused goes on with it. */
  refresh(id: number, url: string): void {
    const entry = this.#options.entries.all.get(id);
    if (entry === undefined) return;
    const { job } = entry.prepared;
    const others = (job.mirrors ?? []).filter((mirror) => mirror !== url);
    entry.prepared = { ...entry.prepared, job: { ...job, mirrors: [url, ...others] } };
    entry.hasFreshLink = true;
    entry.download?.addSource(url);
    this.resume(id);
  }

  /** Removed by the user: out of the list, and its part with it unless that is to be kept. */
  forget(entry: Entry): void {
    const forgetting = this.#forget(entry).finally(() => this.#forgetting.delete(forgetting));
    this.#forgetting.add(forgetting);
  }

  /** Waits until all that was to be forgotten is. */
  async over(): Promise<void> {
    while (this.#forgetting.size > 0) await Promise.all(this.#forgetting);
  }

  async #forget({ id, keepPart, partPath }: Entry): Promise<void> {
    const { entries, registry, dataDir, onNotice } = this.#options;
    const row = registry.get(id);
    entries.remove(id);
    registry.remove(id);
    const path = partPath ?? partPathOf(row);
    if (keepPart || path === undefined) return;
    const { removePart } = await import('../../disk/remove-part.ts');
    await removePart(path, dataDir).catch((thrown: unknown) =>
      onNotice(DragonloadError.from(thrown).message),
    );
  }
}
