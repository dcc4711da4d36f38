import { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import { carryOut, InstallLimit, Poll } from '../../downloads/control.ts';
import type { LocalDownloads } from '../../downloads/download-commands.ts';
import { Registry } from '../../downloads/registry.ts';
import type { Job } from '../../lists/job.ts';
import type { Store } from '../../store/store.ts';
import { CompletionHooks } from '../base/completion-hooks.ts';
import { MachineWatch } from '../base/machine-watch.ts';
import { quotaSpent } from '../base/meters.ts';
import { DEFAULT_CONCURRENT, type TaskEvent, type TaskOptions } from '../base/task.ts';
import type { DownloadRates, TaskPicture } from '../base/task-picture.ts';
import { QueueDriver } from './driver.ts';
import { Entries } from './entries.ts';
import { progressOf } from './progress.ts';
import { QueueIntake } from './queue-intake.ts';
import { QueueList } from './queue-list.ts';
import { QueueRuns } from './queue-runs.ts';
import { QueueRequests } from './requests.ts';
import { QueueShared } from './shared.ts';
import { QueuePicture } from './view.ts';

const RETRIES = 3;
/** The longest that a timer can wait. */
const LONG_MS = 2 ** 31 - 1;

export interface DownloadQueueHooks {
  readonly onEvent: (event: TaskEvent) => void;
  /** After every change. Whoever ends with the downloads asks for `outcome()`. */
  readonly onSettled: () => void;
  /** Something threw that no download is to blame for: nothing goes on, and the queue is to be closed. */
  readonly onBroken: (error: DragonloadError) => void;
}

/** How the downloads of a queue that has nothing left to do have ended. */
export interface QueueOutcome {
  /** Of the first that failed, or the quota that is used up; undefined when all are done. */
  readonly failure: DragonloadError | undefined;
}

/**
 * A queue of downloads that stays until it is closed: what is added runs when its turn comes, so many at once. The queue's
 * core decides which; each that has its turn is a `QueuedDownload`; the list of downloads is kept up to date, and other
 * processes ask through it for what concerns the downloads of this one.
 */
export class DownloadQueue {
  /** The list of downloads; undefined where it cannot be had. */
  readonly store: Store | undefined;
  /** Where journals and locks are. */
  readonly dataDir: string;
  readonly #options: TaskOptions;
  readonly #events: DownloadQueueHooks;
  readonly #entries = new Entries();
  readonly #list = new QueueList(this.#entries);
  readonly #picture = new QueuePicture();
  readonly #open = new DisposableStack();
  readonly #hooks: CompletionHooks;
  readonly #shared: QueueShared;
  readonly #registry: Registry;
  readonly #driver: QueueDriver;
  readonly #requests: QueueRequests;
  readonly #runs: QueueRuns;
  readonly #intake: QueueIntake;
  readonly #limit: InstallLimit | undefined;
  /** While there is something to do. */
  #watch: MachineWatch | undefined;
  #closing: Promise<void> | undefined;

  /** Throws `usage` for a schedule or categories that make no sense. Nothing is left open then. */
  constructor(options: TaskOptions, hooks: DownloadQueueHooks) {
    this.#options = options;
    this.#events = hooks;
    const { queue = {} } = options;
    const emit = (event: TaskEvent) => hooks.onEvent(event);
    const onNotice = (message: string) => emit({ type: 'notice', message });
    const onBroken = (thrown: unknown) => hooks.onBroken(DragonloadError.from(thrown));
    this.#hooks = new CompletionHooks(options, emit);
    try {
      const onSpent = () => this.#driver.handle({ type: 'quota-spent' });
      this.#shared = this.#open.use(new QueueShared(options, { onNotice, onSpent }));
      const { store, limiter, dataDir } = this.#shared;
      this.store = store;
      this.dataDir = dataDir;
      this.#registry = this.#open.use(new Registry(store, onNotice));
      const { concurrent = DEFAULT_CONCURRENT, retries = RETRIES } = queue;
      this.#driver = this.#open.use(
        new QueueDriver({
          limits: { concurrent, perHost: queue.perHost ?? concurrent, retries },
          schedule: queue,
          onCommand: (command) => this.#runs.carryOut(command),
          onSettled: () => this.#settled(),
          onBroken,
        }),
      );
      const deps = {
        entries: this.#entries,
        driver: this.#driver,
        registry: this.#registry,
        picture: this.#picture,
      };
      this.#requests = new QueueRequests({ ...deps, dataDir, onNotice });
      const onJobs = (jobs: readonly Job[]) => void this.add(jobs).catch(onBroken);
      const own = { shared: this.#shared, requests: this.#requests, hooks: this.#hooks };
      this.#runs = new QueueRuns({ ...deps, ...own, emit, onJobs, onBroken });
      this.#intake = new QueueIntake({
        ...deps,
        requests: this.#requests,
        directory: this.#shared.directory,
        isReady: this.#hooks.check(),
        throwIfClosed: () => this.#throwIfClosed(),
        onNotice,
      });
      this.#limit = store === undefined ? undefined : new InstallLimit(store, limiter);
      const onDeaf = (thrown: unknown) =>
        onNotice(`Other processes may not be heard: ${DragonloadError.from(thrown).message}`);
      if (store !== undefined) this.#open.use(new Poll(() => this.#hear(), onDeaf));
      // What is paused waits for whoever resumes it, from whatever process: until then nothing else keeps this one.
      this.#open.adopt(
        setInterval(() => {}, LONG_MS),
        clearInterval,
      );
    } catch (thrown) {
      this.#open.dispose();
      throw thrown;
    }
  }

  /** Its downloads, and the way to command them. */
  get downloads(): Required<LocalDownloads> {
    return this.#requests;
  }

  picture(): TaskPicture {
    const { opensInMs, isSpent: isQuotaSpent } = this.#driver;
    const downloads = this.#list.downloads();
    return { downloads, room: undefined, me: undefined, members: [], opensInMs, isQuotaSpent };
  }

  rates(): readonly DownloadRates[] {
    return this.#list.rates();
  }

  get downloadCount(): number {
    return this.#entries.all.size;
  }

  view(): View {
    const running = [...this.#entries.running].map(({ download }) => download?.view());
    const views = running.filter((view) => view !== undefined);
    const { counts, opensInMs } = this.#driver;
    const isOne = this.#entries.all.size === 1 && opensInMs === undefined;
    return this.#picture.view(views, isOne ? undefined : { ...counts, opensInMs });
  }

  /**
   * Puts downloads into the list and the queue. One that is there already keeps its number, and goes on if it has failed
   * or is paused. Long lists go bit by bit, so that others are heard meanwhile.
   *
   * @returns Their numbers, in order; one that is named twice is there once.
   * @throws DragonloadError `usage` for a directory outside the queue's, or a program that is not there; `aborted` when
   * the queue is closed meanwhile.
   */
  async add(targets: readonly (string | Job)[]): Promise<readonly number[]> {
    return this.#intake.add(targets);
  }

  /** How it has ended; undefined while something runs, waits, or is paused and may be wanted again. */
  outcome(): QueueOutcome | undefined {
    if (this.#intake.isAdding || !this.#driver.isIdle) return undefined;
    const { waiting, paused } = this.#driver.counts;
    if (this.#driver.isSpent && waiting + paused > 0) return { failure: quotaSpent() };
    if (paused > 0) return undefined;
    const [failure] = this.#entries.failures.values();
    return { failure };
  }

  /** In the order in which the downloads were asked for. */
  get results(): readonly Result[] {
    return this.#entries.resultList();
  }

  /** All that it was asked for is done. */
  get isComplete(): boolean {
    return this.#entries.isComplete;
  }

  /** For all its downloads together, in bytes per second; undefined: none. */
  setLimit(bytesPerSecond: number | undefined): void {
    if (this.#limit === undefined) return this.#shared.limiter.setRate(bytesPerSecond);
    this.#limit.own = bytesPerSecond;
    this.#limit.follow();
  }

  /** So many downloads at once: 1 or more. What runs already goes on. */
  setConcurrent(concurrent: number): void {
    const perHost = this.#options.queue?.perHost ?? concurrent;
    this.#driver.handle({ type: 'places', concurrent, perHost });
  }

  /**
   * Stops what runs, with its state kept, and lets go of everything. Once; later calls wait for the same end.
   *
   * @param isBrokenOff The user knows: nothing is told to the desktop, and programs for finished files are ended.
   */
  close(isBrokenOff: boolean): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close(isBrokenOff));
    return this.#closing;
  }

  async #close(isBrokenOff: boolean): Promise<void> {
    // Nothing takes the places of those that are stopped.
    this.#driver[Symbol.dispose]();
    const running = [...this.#entries.running];
    for (const { download } of running) download?.stop();
    await Promise.all(running.map(({ download }) => download?.ended));
    await this.#requests.over();
    // Of a queue that had nothing to do there is nothing to tell.
    await this.#hooks.over(this.#entries, isBrokenOff || this.#entries.all.size === 0);
    this.#watch?.[Symbol.dispose]();
    try {
      this.#open.dispose();
    } catch (thrown) {
      this.#events.onEvent({ type: 'notice', message: DragonloadError.from(thrown).message });
    }
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw new DragonloadError('aborted', 'The queue is closed.');
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

  #networkChanged(): void {
    this.#shared.origins.networkChanged();
    for (const { download } of this.#entries.running) download?.networkChanged();
    this.#driver.handle({ type: 'network-changed' });
  }

  #settled(): void {
    if (this.#closing !== undefined) return;
    this.#watchMachine();
    this.#events.onSettled();
  }

  /** The machine stays awake while there is something to do, and no longer. */
  #watchMachine(): void {
    if (this.outcome() !== undefined) {
      this.#watch?.[Symbol.dispose]();
      this.#watch = undefined;
    } else if (this.#watch === undefined) {
      const { queue = {}, keepAwake = true } = this.#options;
      // Servers and containers never sleep and cannot be told not to: of that only a schedule needs to hear.
      const isScheduled = queue.startAt !== undefined || queue.window !== undefined;
      this.#watch = new MachineWatch({
        keepAwake,
        onNotice: (message) => isScheduled && this.#events.onEvent({ type: 'notice', message }),
        onNetworkChange: () => this.#networkChanged(),
      });
    }
  }
}
