import { DragonloadError } from '../../core/errors.ts';
import type { NewItem, QueueCommand } from '../../core/queue/api.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import { carryOut, InstallLimit, Poll } from '../../downloads/control.ts';
import { Registry } from '../../downloads/registry.ts';
import type { Job } from '../../lists/job.ts';
import { HostPaused } from '../../origin/limits/host-pauses.ts';
import { displayUrl } from '../../url/web-url.ts';
import { CompletionHooks } from '../base/completion-hooks.ts';
import { MachineWatch } from '../base/machine-watch.ts';
import { quotaSpent } from '../base/meters.ts';
import type { Task, TaskEvent, TaskOptions } from '../base/task.ts';
import { QueueDriver } from './driver.ts';
import { Entries, type Entry } from './entries.ts';
import { prepareJobs, withKnown } from './prepare-jobs.ts';
import { outcomeOf, progressOf } from './progress.ts';
import { type DownloadEnd, QueuedDownload } from './queued-download.ts';
import { QueueRequests } from './requests.ts';
import { QueueShared } from './shared.ts';
import { QueuePicture } from './view.ts';

const CONCURRENT = 5;
const RETRIES = 3;
const ADDED_AT_ONCE = 5_000;

/**
 * `get`: any number of downloads, so many at once. The queue's core decides which; each that has its turn is a
 * `QueuedDownload`; the list of downloads is kept up to date, and other processes may ask through it.
 */
export class QueueTask implements Task {
  readonly finished: Promise<readonly Result[]>;
  readonly #options: TaskOptions;
  readonly #targets: readonly (string | Job)[];
  readonly #entries = new Entries();
  readonly #picture = new QueuePicture();
  readonly #outcome = Promise.withResolvers<readonly Result[]>();
  readonly #aftermath: CompletionHooks;
  #shared!: QueueShared;
  #registry!: Registry;
  #driver!: QueueDriver;
  #requests!: QueueRequests;
  #limit: InstallLimit | undefined;
  #open: DisposableStack | undefined;
  #isOpen = false;
  /** Lists that are on their way into the queue. */
  #adding = 0;
  #ending: Promise<void> | undefined;

  constructor(targets: readonly (string | Job)[], options: TaskOptions) {
    this.#targets = targets;
    this.#options = options;
    this.finished = this.#outcome.promise;
    // Whoever only calls stop() need not look at the promise.
    this.finished.catch(() => {});
    this.#aftermath = new CompletionHooks(options, (event) => this.#emit(event));
    options.signal?.addEventListener('abort', () => void this.stop(), { once: true });
  }

  /** Starts the work; called once by whoever made the task. */
  start(): this {
    // Whoever made it hears of nothing before it is made.
    queueMicrotask(() => {
      try {
        if (this.#ending === undefined) this.#begin();
      } catch (thrown) {
        void this.#endWith(DragonloadError.from(thrown));
      }
    });
    return this;
  }

  view(): View {
    const running = [...this.#entries.running].map(({ download }) => download?.view());
    const views = running.filter((view) => view !== undefined);
    if (!this.#isOpen) return this.#picture.view(views, undefined);
    const isOne = this.#entries.all.size === 1 && this.#driver.opensInMs === undefined;
    const queue = { ...this.#driver.counts, opensInMs: this.#driver.opensInMs };
    return this.#picture.view(views, isOne ? undefined : queue);
  }

  stop(): Promise<void> {
    return this.#endWith(
      new DragonloadError('aborted', 'Stopped before the end.', {
        next: 'Run the same command again to go on from here.',
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #begin(): void {
    const { queue = {}, keepAwake = true } = this.#options;
    const open = new DisposableStack();
    this.#open = open;
    const onNotice = (message: string) => this.#emit({ type: 'notice', message });
    this.#shared = open.use(
      new QueueShared(this.#options, {
        onNotice,
        onSpent: () => this.#driver.handle({ type: 'quota-spent' }),
      }),
    );
    const { store, limiter, dataDir } = this.#shared;
    this.#registry = open.use(new Registry(store, onNotice));
    const concurrent = queue.concurrent ?? CONCURRENT;
    this.#driver = open.use(
      new QueueDriver({
        limits: { concurrent, perHost: queue.perHost ?? concurrent, retries: queue.retries ?? RETRIES },
        schedule: queue,
        onCommand: (command) => this.#carryOut(command),
        onSettled: () => this.#settled(),
        onBroken: (thrown) => void this.#endWith(DragonloadError.from(thrown)),
      }),
    );
    this.#requests = new QueueRequests({
      entries: this.#entries,
      driver: this.#driver,
      registry: this.#registry,
      dataDir,
      onNotice,
    });
    // Servers and containers never sleep and cannot be told not to: of that only a schedule needs to hear.
    const isScheduled = queue.startAt !== undefined || queue.window !== undefined;
    const vigil = { keepAwake, onNotice: isScheduled ? onNotice : () => {} };
    open.use(new MachineWatch({ ...vigil, onNetworkChange: () => this.#networkChanged() }));
    if (store !== undefined) {
      this.#limit = new InstallLimit(store, limiter);
      open.use(
        new Poll(
          () => this.#hear(),
          (thrown) => onNotice(`Other processes may not be heard: ${DragonloadError.from(thrown).message}`),
        ),
      );
    }
    this.#isOpen = true;
    this.#addOrEnd(this.#targets, this.#aftermath.check());
  }

  #addOrEnd(targets: readonly (string | Job)[], after?: Promise<void>): void {
    this.#add(targets, after).catch((thrown: unknown) => this.#endWith(DragonloadError.from(thrown)));
  }

  /** Puts downloads into the list and the queue. Long lists go bit by bit, so that Ctrl-C is heard meanwhile. */
  async #add(targets: readonly (string | Job)[], after?: Promise<void>): Promise<void> {
    if (after !== undefined) await after;
    if (this.#ending !== undefined) return;
    const prepared = prepareJobs(targets, this.#shared.directory, (message) =>
      this.#emit({ type: 'notice', message }),
    );
    const items: NewItem[] = [];
    this.#adding++;
    for (let from = 0; from < prepared.length; from += ADDED_AT_ONCE) {
      if (from > 0) await new Promise(setImmediate);
      if (this.#ending !== undefined) return;
      const some = prepared.slice(from, from + ADDED_AT_ONCE);
      const ids = this.#registry.add(some.map(({ job, directory }) => ({ way: 'get', job, directory })));
      // What another process has is found out when it has its turn.
      this.#registry.takeOn(ids);
      for (const [index, one] of some.entries()) {
        const id = ids[index]!;
        this.#entries.add(id, one);
        items.push({ id, host: one.host, priority: one.job.priority ?? 0 });
      }
    }
    this.#adding--;
    this.#driver.handle({ type: 'add', items });
  }

  /** What other processes ask for. */
  #hear(): void {
    for (const request of this.#registry.takeRequests()) carryOut(request, this.#requests);
    this.#limit?.follow();
    for (const { id, download } of this.#entries.running) {
      const [view] = download?.view().downloads ?? [];
      if (view !== undefined) this.#registry.progress(id, progressOf(view, download!));
    }
  }

  #carryOut(command: QueueCommand): void {
    const entry = this.#entries.all.get(command.id);
    if (entry === undefined) return;
    switch (command.type) {
      case 'start':
        return this.#start(entry, command.attempt);
      case 'stop':
        return entry.download?.stop();
      case 'resting': {
        const seconds = Math.ceil(command.waitMs / 1000);
        this.#registry.rests(entry.id, 'waiting', entry.error);
        // Whoever was asked has told of it: the others only wait with it.
        if (entry.error?.cause instanceof HostPaused) return;
        const message = `${entry.error?.message ?? 'The download broke off.'} It is tried again in ${seconds} s.`;
        return this.#emit({ type: 'notice', message });
      }
      case 'gave-up':
        return this.#gaveUp(entry);
    }
  }

  #start(entry: Entry, attempt: number): void {
    const { id } = entry;
    this.#entries.failures.delete(id);
    this.#picture.again(id);
    const row = this.#registry.get(id);
    const prepared = withKnown(entry.prepared, row);
    entry.hasFreshLink = false;
    if (!this.#registry.claim(id)) {
      entry.error = new DragonloadError(
        'part-busy',
        `Another process is downloading ${displayUrl(prepared.job.url)}.`,
        {
          next: 'Wait for it, or stop it: dragonload ls shows it.',
        },
      );
      return this.#driver.handle({ type: 'ended', id, outcome: 'failed' });
    }
    this.#registry.started(id, attempt);
    const emit = (event: TaskEvent) => this.#emit(event);
    const order = { ...prepared, id, row, limitRate: entry.limitRate };
    const download = new QueuedDownload(order, this.#shared, emit);
    entry.download = download;
    this.#entries.running.add(entry);
    download.ended
      .then((end) => this.#ended(entry, download, end))
      .catch((thrown: unknown) => this.#endWith(DragonloadError.from(thrown)));
  }

  #ended(entry: Entry, download: QueuedDownload, end: DownloadEnd): void {
    const { id } = entry;
    const view = end.kind === 'done' ? end.view : download.view().downloads[0];
    if (view !== undefined) this.#registry.progress(id, { ...progressOf(view, download), bytesPerSecond: 0 });
    entry.partPath = download.partPath ?? entry.partPath;
    entry.wasFound ||= download.wasFound;
    entry.download = undefined;
    this.#entries.running.delete(entry);
    switch (end.kind) {
      case 'done':
        this.#done(entry, end);
        break;
      case 'jobs':
        this.#registry.remove(id);
        this.#entries.remove(id);
        this.#driver.handle({ type: 'remove', id });
        this.#addOrEnd(end.jobs);
        break;
      case 'failed':
        entry.error = end.error;
        if (view !== undefined) this.#picture.failed(id, view);
        break;
      case 'stopped':
        this.#registry.rests(id, entry.isPaused ? 'paused' : 'waiting');
        break;
    }
    if (entry.isRemoved && end.kind !== 'done') this.#requests.forget(entry);
    // Alone, a wrong address is told at once, unless the user has said how often to try.
    const isTried = this.#entries.all.size > 1 || this.#options.queue?.retries !== undefined;
    const outcome = outcomeOf(end, { ...entry, isTried });
    const waitMs = end.kind === 'failed' ? end.error.retryAfterMs : undefined;
    this.#driver.handle({ type: 'ended', id, outcome, waitMs });
  }

  #done({ id }: Entry, end: Extract<DownloadEnd, { kind: 'done' }>): void {
    const result = { ...end.result, id };
    this.#entries.results.set(id, result);
    this.#picture.done(end.view);
    this.#registry.finished(id, result, end);
    this.#aftermath.done(result);
    this.#emit({ type: 'done', result });
  }

  #gaveUp(entry: Entry): void {
    const { id, prepared, isRemoved, hasFreshLink } = entry;
    if (isRemoved) return;
    if (hasFreshLink) return this.#driver.handle({ type: 'resume', id });
    const error = entry.error ?? new DragonloadError('internal', 'The download failed.');
    this.#entries.failures.set(id, error);
    this.#registry.failed(id, error);
    this.#emit({ type: 'error', error, id, url: displayUrl(prepared.job.url) });
  }

  #networkChanged(): void {
    this.#shared.origins.networkChanged();
    for (const { download } of this.#entries.running) download?.networkChanged();
    this.#driver.handle({ type: 'network-changed' });
  }

  #settled(): void {
    // Whoever has paused a download may want it to go on here.
    if (this.#ending !== undefined || this.#adding > 0 || !this.#driver.isIdle) return;
    const { waiting, paused } = this.#driver.counts;
    if (this.#driver.isSpent && waiting + paused > 0) return void this.#endWith(quotaSpent());
    if (paused > 0) return;
    const [failure] = this.#entries.failures.values();
    void this.#endWith(failure);
  }

  #emit(event: TaskEvent): void {
    this.#options.onEvent?.(event);
  }

  /** Once only: what follows after the first call is part of the ending. */
  #endWith(failure: DragonloadError | undefined): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => this.#end(failure));
    return this.#ending;
  }

  async #end(failure: DragonloadError | undefined): Promise<void> {
    // Nothing takes the places of those that are stopped.
    if (this.#isOpen) this.#driver[Symbol.dispose]();
    const running = [...this.#entries.running];
    for (const { download } of running) download?.stop();
    await Promise.all(running.map(({ download }) => download?.ended));
    await this.#requests?.over();
    await this.#aftermath.over(this.#entries, failure?.code === 'aborted');
    try {
      this.#open?.dispose();
    } catch (thrown) {
      this.#emit({ type: 'notice', message: DragonloadError.from(thrown).message });
    }
    const isWhole = failure?.code === 'aborted' && this.#entries.isComplete;
    if (failure !== undefined && !isWhole) this.#outcome.reject(failure);
    else this.#outcome.resolve(this.#entries.resultList());
  }
}
