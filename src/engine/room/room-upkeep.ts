import type { DragonloadError } from '../../core/errors.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { FileIdentity, Offer } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import { modifiedMs } from '../../disk/files/modified.ts';
import { carryOut, InstallLimit, Poll } from '../../downloads/control.ts';
import type { LocalDownloads } from '../../downloads/download-commands.ts';
import { type Registration, Registry } from '../../downloads/registry.ts';
import type { Job } from '../../lists/job.ts';
import type { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import { Store } from '../../store/store.ts';
import { displayUrl } from '../../url/web-url.ts';
import { CompletionHooks, type TaskOutcome } from '../base/completion-hooks.ts';
import { MachineWatch } from '../base/machine-watch.ts';
import type { TaskEvent, TaskOptions } from '../base/task.ts';

export interface RoomUpkeepOptions {
  readonly way: Registration['way'];
  /** Absolute. */
  readonly directory: string;
  readonly dataDir: string;
  readonly task: TaskOptions;
  readonly limiter: RateLimiter;
  readonly view: () => View;
  readonly emit: (event: TaskEvent) => void;
  /** Where the finished file of a download will be, once that is known. */
  readonly targetOf: (download: DownloadId) => string | undefined;
  /** Another process has a fresh link for a download. */
  readonly refresh: (download: DownloadId, url: string) => void;
  readonly networkChanged: () => void;
  /** The user asks for the end of a download, here or in another process, and with it for that of the task. */
  readonly leave: () => void;
}

/**
 * What a task in a room does beside downloading: keeps the list of downloads up to date and hears what other processes
 * ask through it, keeps the machine awake, runs what the user wants to be run.
 */
export class RoomUpkeep implements Disposable, LocalDownloads {
  readonly #options: RoomUpkeepOptions;
  readonly #registry: Registry;
  readonly #hooks: CompletionHooks;
  readonly #open = new DisposableStack();
  /** Undefined where the list of downloads cannot be had: then nobody asks for anything either. */
  readonly #limit: InstallLimit | undefined;
  /** Numbers in the list. */
  readonly #ids = new Map<DownloadId, number>();
  /** Of those that are over. */
  readonly #ends = new Map<number, 'done' | 'failed'>();

  constructor(options: RoomUpkeepOptions) {
    this.#options = options;
    const { emit, dataDir, limiter, task } = options;
    const onNotice = (message: string) => emit({ type: 'notice', message });
    const store = Store.tryOpen(dataDir, onNotice);
    if (store !== undefined) this.#open.use(store);
    this.#registry = this.#open.use(new Registry(store, onNotice));
    this.#hooks = new CompletionHooks(task, emit);
    const watch = { keepAwake: task.keepAwake ?? true, onNotice: () => {} };
    this.#open.use(new MachineWatch({ ...watch, onNetworkChange: () => options.networkChanged() }));
    if (store === undefined) return;
    const limit = new InstallLimit(store, limiter);
    this.#limit = limit;
    const hear = () => {
      for (const request of this.#registry.takeRequests()) carryOut(request, this);
      limit.follow();
      this.#note();
    };
    this.#open.use(new Poll(hear, (thrown) => onNotice(`The list of downloads is lost: ${String(thrown)}`)));
  }

  /** What the list knows of a download from earlier. */
  earlier(job: Job): DownloadRow | undefined {
    const { way, directory } = this.#options;
    const [id = 0] = this.#registry.add([{ way, job, directory }]);
    return this.#registry.get(id);
  }

  /** A download was taken on. Its number in the list. */
  added({ download, fileName }: Offer, job: Job): number {
    const { way, directory } = this.#options;
    const [id = 0] = this.#registry.add([{ way, job, directory }]);
    this.#ids.set(download, id);
    if (this.#registry.claim(id)) this.#registry.started(id, 1);
    this.#registry.progress(id, { fileName });
    return id;
  }

  ids(): Iterable<number> {
    return this.#ids.values();
  }

  stateOf(id: number): 'running' | 'done' | 'failed' | undefined {
    const isHere = [...this.#ids.values()].includes(id);
    return isHere ? (this.#ends.get(id) ?? 'running') : undefined;
  }

  idOf(download: DownloadId): number | undefined {
    return this.#ids.get(download);
  }

  done(result: Result, identity: FileIdentity): void {
    this.#hooks.done(result);
    const { id, path } = result;
    if (id === undefined) return;
    this.#ends.set(id, 'done');
    this.#registry.finished(id, result, { identity, fileModifiedMs: modifiedMs(path) });
  }

  failed(download: DownloadId, error: DragonloadError): void {
    const id = this.#ids.get(download);
    if (id === undefined) return;
    this.#ends.set(id, 'failed');
    this.#registry.failed(id, error);
  }

  /** One that had failed goes on. */
  recovered(download: DownloadId): void {
    const id = this.#ids.get(download);
    if (id === undefined) return;
    this.#ends.delete(id);
    this.#registry.claim(id);
  }

  /** Waits for what runs because of finished files. */
  async over(outcome: TaskOutcome, isBrokenOff: boolean): Promise<void> {
    await this.#hooks.over(outcome, isBrokenOff);
  }

  [Symbol.dispose](): void {
    this.#open.dispose();
  }

  isInRoom(): boolean {
    return true;
  }

  /** The others in the room count on whoever is in, so there is no rest but to leave. */
  pause(): void {
    this.#options.leave();
  }

  remove(): void {
    this.#options.leave();
  }

  setLimit(bytesPerSecond: number | undefined): void {
    if (this.#limit === undefined) return this.#options.limiter.setRate(bytesPerSecond);
    this.#limit.own = bytesPerSecond;
    this.#limit.follow();
  }

  refresh(id: number, url: string): void {
    for (const [download, known] of this.#ids) if (known === id) this.#options.refresh(download, url);
    this.#options.emit({ type: 'notice', message: `A fresh link: ${displayUrl(url)}` });
  }

  /** How far the downloads have come, for the list. */
  #note(): void {
    for (const view of this.#options.view().downloads) {
      const id = this.#ids.get(view.id);
      if (id === undefined || view.phase === 'done' || view.phase === 'failed') continue;
      const { sizeBytes, heldBytes, originBytes, lanBytes, originRate, lanRate } = view;
      const bytesPerSecond = Math.round(originRate + lanRate);
      const path = this.#options.targetOf(view.id);
      this.#registry.progress(id, { path, sizeBytes, heldBytes, originBytes, lanBytes, bytesPerSecond });
    }
  }
}
