import { DragonloadError } from '../../core/errors.ts';
import type { QueueCommand } from '../../core/queue/api.ts';
import type { Registry } from '../../downloads/registry.ts';
import type { Job } from '../../lists/job.ts';
import { HostPaused } from '../../origin/limits/host-pauses.ts';
import { displayUrl } from '../../url/web-url.ts';
import type { CompletionHooks } from '../base/completion-hooks.ts';
import type { TaskEvent } from '../base/task.ts';
import type { QueueDriver } from './driver.ts';
import type { Entries, Entry } from './entries.ts';
import { withKnown } from './prepare-jobs.ts';
import { outcomeOf, progressOf } from './progress.ts';
import { type DownloadEnd, QueuedDownload } from './queued-download.ts';
import type { QueueRequests } from './requests.ts';
import type { QueueShared } from './shared.ts';
import type { QueuePicture } from './view.ts';

export interface QueueRunsDeps {
  readonly entries: Entries;
  readonly shared: QueueShared;
  readonly registry: Registry;
  readonly driver: QueueDriver;
  readonly requests: QueueRequests;
  readonly picture: QueuePicture;
  readonly hooks: CompletionHooks;
  readonly emit: (event: TaskEvent) => void;
  /** An address led to a list of downloads. */
  readonly onJobs: (jobs: readonly Job[]) => void;
  /** Something threw that is nobody's download. */
  readonly onBroken: (thrown: unknown) => void;
}

/** Carries out what the queue's core decides: starts and stops downloads, and tells what came of each. */
export class QueueRuns {
  readonly #deps: QueueRunsDeps;

  constructor(deps: QueueRunsDeps) {
    this.#deps = deps;
  }

  carryOut(command: QueueCommand): void {
    const { entries, registry, emit } = this.#deps;
    const entry = entries.all.get(command.id);
    if (entry === undefined) return;
    switch (command.type) {
      case 'start':
        return this.#start(entry, command.attempt);
      case 'stop':
        return entry.download?.stop();
      case 'resting': {
        const seconds = Math.ceil(command.waitMs / 1000);
        registry.rests(entry.id, 'waiting', entry.error);
        // Whoever was asked has told of it: the others only wait with it.
        if (entry.error?.cause instanceof HostPaused) return;
        const message = `${entry.error?.message ?? 'The download broke off.'} It is tried again in ${seconds} s.`;
        return emit({ type: 'notice', message });
      }
      case 'gave-up':
        return this.#gaveUp(entry);
    }
  }

  #start(entry: Entry, attempt: number): void {
    const { entries, registry, shared, driver, picture, emit, onBroken } = this.#deps;
    const { id } = entry;
    entries.failures.delete(id);
    entries.results.delete(id);
    picture.again(id);
    const row = registry.get(id);
    const prepared = withKnown(entry.prepared, row);
    entry.hasFreshLink = false;
    entry.isElsewhere = !registry.claim(id);
    if (entry.isElsewhere) {
      entry.error = new DragonloadError(
        'part-busy',
        `Another process is downloading ${displayUrl(prepared.job.url)}.`,
        {
          facts: { url: displayUrl(prepared.job.url) },
          hint: { kind: 'wait-for-process' },
        },
      );
      return driver.handle({ type: 'ended', id, outcome: 'failed' });
    }
    registry.started(id, attempt);
    const order = { ...prepared, id, row, limitRate: entry.limitRate };
    const download = new QueuedDownload(order, shared, emit);
    entry.download = download;
    entry.startedAtMs = Date.now();
    entry.endedAtMs = undefined;
    entries.running.add(entry);
    download.ended.then((end) => this.#ended(entry, download, end)).catch(onBroken);
  }

  #ended(entry: Entry, download: QueuedDownload, end: DownloadEnd): void {
    const { entries, registry, driver, picture, requests, shared, onJobs } = this.#deps;
    const { id } = entry;
    const view = end.kind === 'done' ? end.view : download.view().downloads[0];
    if (view !== undefined) registry.progress(id, { ...progressOf(view, download), bytesPerSecond: 0 });
    entry.partPath = download.partPath ?? entry.partPath;
    entry.wasFound ||= download.wasFound;
    entry.lastView = end.kind === 'done' ? undefined : (download.downloadView ?? entry.lastView);
    entry.download = undefined;
    entries.running.delete(entry);
    switch (end.kind) {
      case 'done':
        this.#done(entry, end);
        break;
      case 'jobs':
        registry.remove(id);
        entries.remove(id);
        driver.handle({ type: 'remove', id });
        onJobs(end.jobs);
        break;
      case 'failed':
        entry.error = end.error;
        if (view !== undefined) picture.failed(id, view);
        break;
      case 'stopped':
        registry.rests(id, entry.isPaused ? 'paused' : 'waiting');
        break;
    }
    // A file that was finished before it could be removed stays, and so does its place in the history.
    if (end.kind === 'done') entry.isRemoved = false;
    else if (entry.isRemoved && end.kind !== 'jobs') requests.forget(entry);
    // Alone, a wrong address is told at once, unless the user has said how often to try.
    const isTried = entries.all.size > 1 || shared.options.queue?.retries !== undefined;
    const outcome = outcomeOf(end, { ...entry, isTried });
    const waitMs = end.kind === 'failed' ? end.error.retryAfterMs : undefined;
    driver.handle({ type: 'ended', id, outcome, waitMs });
  }

  #done(entry: Entry, end: Extract<DownloadEnd, { kind: 'done' }>): void {
    const { entries, registry, picture, hooks, emit } = this.#deps;
    const { id } = entry;
    const result = { ...end.result, id };
    entries.results.set(id, result);
    entry.endedAtMs = Date.now();
    picture.done(end.view);
    registry.finished(id, result, end);
    hooks.done(result);
    emit({ type: 'done', result });
  }

  #gaveUp(entry: Entry): void {
    const { entries, registry, driver, emit } = this.#deps;
    const { id, prepared, isRemoved, hasFreshLink } = entry;
    if (isRemoved) return;
    if (hasFreshLink) return driver.handle({ type: 'resume', id });
    const error = entry.error ?? new DragonloadError('internal', 'The download failed.');
    entries.failures.set(id, error);
    entry.endedAtMs = Date.now();
    registry.failed(id, error);
    emit({ type: 'error', error, id, url: displayUrl(prepared.job.url) });
  }
}
