import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';
import type { RoomId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import { DownloadCommands, type LocalDownloads, type Recipient } from '../downloads/download-commands.ts';
import { dataDirOf, openStore, type Store } from '../downloads/edits.ts';
import { checkLimit } from '../downloads/rules.ts';
import type { HostTarget } from '../engine/base/host-target.ts';
import { DEFAULT_CONCURRENT, type TaskEvent, type TaskOptions } from '../engine/base/task.ts';
import type { DownloadQueue, QueueOutcome } from '../engine/queue/download-queue.ts';
import { LimitShares } from './limit-shares.ts';
import { joined } from './local-downloads.ts';
import { OpenRooms } from './open-rooms.ts';
import type { Requests, Target } from './requests.ts';
import type { EngineSettings, EngineState } from './state.ts';
import type { StateListener, SubscribeOptions } from './state-store.ts';
import { StateTracker } from './state-tracker.ts';

export type { DownloadCommands, Recipient } from '../downloads/download-commands.ts';

/** As for a single task; what is said of downloads holds for all that are added. */
export type DragonloadOptions = TaskOptions;

const MAX_CONCURRENT = 64;

/**
 * Dragonload for a face that stays: a queue of downloads, any number of rooms, and commands for both, until it is disposed
 * of. What a command does not need is not loaded: one that only reads or changes the list costs no engine. Once it has a
 * queue it keeps the process alive, as a server does.
 */
export class Dragonload implements Requests, AsyncDisposable {
  /** Without the limit, of which each part is told its share. */
  readonly #options: DragonloadOptions;
  readonly #tracker: StateTracker;
  readonly #rooms: OpenRooms;
  readonly #local: LocalDownloads;
  #settings: EngineSettings;
  #queue: DownloadQueue | undefined;
  #loading: Promise<DownloadQueue> | undefined;
  #store: Store | undefined;
  /** Something threw that no download is to blame for. */
  #broken: DragonloadError | undefined;
  /** Those who wait for the end of everything. */
  readonly #waiting: (() => void)[] = [];
  readonly #shares = new LimitShares();
  #closing: Promise<void> | undefined;

  constructor({ limitRate, ...options }: DragonloadOptions = {}) {
    this.#options = options;
    this.#settings = { limitRate, concurrent: options.queue?.concurrent ?? DEFAULT_CONCURRENT };
    this.#tracker = new StateTracker({ settings: () => this.#settings });
    this.#rooms = new OpenRooms(options, this.#tracker, () => this.#changed());
    this.#local = joined(() => {
      const rooms = this.#rooms.all.map(({ downloads }) => downloads);
      return this.#queue === undefined ? rooms : [this.#queue.downloads, ...rooms];
    });
    const { signal } = options;
    if (signal?.aborted) void this[Symbol.asyncDispose]();
    signal?.addEventListener('abort', () => void this[Symbol.asyncDispose](), { once: true });
  }

  async add(targets: readonly Target[]): Promise<readonly number[]> {
    const queue = await this.#openQueue();
    return queue.add(targets);
  }

  async pause(id: number): Promise<Recipient> {
    return this.downloads().pause(id);
  }

  async resume(id: number): Promise<Recipient> {
    const { recipient, start } = this.downloads().resume(id);
    if (start === undefined) return recipient;
    await this.add([start]);
    return 'here';
  }

  async remove(id: number, { keepPart = false }: { readonly keepPart?: boolean } = {}): Promise<Recipient> {
    const [recipient] = await this.downloads().remove([id], { keepPart });
    return recipient!;
  }

  async setPriority(id: number, priority: number): Promise<Recipient> {
    return this.downloads().setPriority(id, priority);
  }

  async setLimit(id: number, bytesPerSecond: number | undefined): Promise<Recipient> {
    const [recipient] = this.downloads().setLimit([id], bytesPerSecond);
    return recipient!;
  }

  async refresh(id: number, url: string): Promise<Recipient> {
    return this.downloads().refresh(id, url);
  }

  async host(targets: readonly HostTarget[]): Promise<RoomId> {
    this.#throwIfClosed();
    if (targets.length === 0) throw new DragonloadError('usage', 'There is nothing to open a room for.');
    const { startHost } = await import('./start.ts');
    return this.#rooms.host((options) => startHost(targets, options));
  }

  share(paths: readonly string[]): Promise<RoomId> {
    return this.host(paths.map((path) => ({ path })));
  }

  async join(invite: string): Promise<RoomId> {
    this.#throwIfClosed();
    const [{ startJoin }, { roomOf }] = await Promise.all([
      import('./start.ts'),
      import('../engine/room/room-controls.ts'),
    ]);
    return this.#rooms.join(roomOf(invite), (options) => startJoin(invite, options));
  }

  async leave(room: RoomId): Promise<void> {
    this.#throwIfClosed();
    await this.#rooms.leave(room);
  }

  async change(settings: Partial<EngineSettings>): Promise<void> {
    this.#throwIfClosed();
    const { limitRate, concurrent } = { ...this.#settings, ...settings };
    checkLimit(limitRate);
    if (!Number.isInteger(concurrent) || concurrent < 1 || concurrent > MAX_CONCURRENT)
      throw new DragonloadError('usage', `${concurrent} downloads at once are not possible.`, {
        hint: advice(`Give a whole number from 1 to ${MAX_CONCURRENT}.`),
      });
    this.#settings = { limitRate, concurrent };
    this.#queue?.setConcurrent(concurrent);
    this.#changed();
  }

  /** Everything that a face shows, as it is now. */
  get state(): EngineState {
    return this.#tracker.state;
  }

  /** How many downloads this process has: cheap however many, where `state` would be drawn for that alone. */
  get downloadCount(): number {
    return this.#tracker.downloadCount;
  }

  /** Calls `listener` with the state soon, then with each later one that it has time for. Returns what ends that. */
  subscribe(listener: StateListener, options?: SubscribeOptions): () => void {
    return this.#tracker.store.subscribe(listener, options);
  }

  /** The states as they come, the latest one at a time, until the end. */
  changes(options?: SubscribeOptions): AsyncIterableIterator<EngineState> {
    return this.#tracker.store.changes(options);
  }

  /**
   * Commands about many downloads at once, and what the list says of them, whatever process has them. Throws
   * `state-broken` or `unwritable` when the list is needed and cannot be had.
   */
  downloads(): DownloadCommands {
    this.#throwIfClosed();
    const local = this.#local;
    if (this.#queue !== undefined) {
      const { store, dataDir } = this.#queue;
      return new DownloadCommands({ store, local, dataDir });
    }
    const { home } = this.#options;
    this.#store ??= openStore((message) => this.#emit({ type: 'notice', message }), home);
    return new DownloadCommands({ store: this.#store, local, dataDir: dataDirOf(home) });
  }

  /**
   * Waits until all that it was asked for is over, then closes it. What was downloaded, in the order in which it was asked
   * for, first that of the queue. Rejects with the first failure; with `aborted` when it was disposed of before the end.
   */
  async finish(): Promise<readonly Result[]> {
    while (this.#outcome() === undefined && this.#closing === undefined) await this.#change();
    const outcome = this.#outcome();
    await this.#close(outcome === undefined || outcome.failure?.code === 'aborted');
    const failure = outcome === undefined ? this.#brokenOff() : outcome.failure;
    if (failure !== undefined) throw failure;
    return this.#results;
  }

  /** Saves state, leaves the rooms, closes everything. Resolves when all of that is done; nothing can be asked then. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#close(this.#outcome() === undefined);
  }

  get #results(): readonly Result[] {
    return [...(this.#queue?.results ?? []), ...this.#rooms.results];
  }

  /** Why it was not finished, when it was closed while there was something to do. */
  #brokenOff(): DragonloadError | undefined {
    if (this.#rooms.failure !== undefined) return this.#rooms.failure;
    if (this.#queue === undefined || this.#queue.isComplete) return undefined;
    return stopped();
  }

  /** How all has ended; undefined while there is something to do, or something paused that may be wanted again. */
  #outcome(): QueueOutcome | undefined {
    if (this.#broken !== undefined) return { failure: this.#broken };
    if (this.#rooms.all.length > 0) return undefined;
    const queue = this.#queue === undefined ? { failure: undefined } : this.#queue.outcome();
    return queue && { failure: queue.failure ?? this.#rooms.failure };
  }

  async #openQueue(): Promise<DownloadQueue> {
    this.#throwIfClosed();
    this.#loading ??= this.#loadQueue().catch((thrown: unknown) => {
      this.#loading = undefined;
      throw thrown;
    });
    return this.#loading;
  }

  async #loadQueue(): Promise<DownloadQueue> {
    const { DownloadQueue } = await import('../engine/queue/download-queue.ts');
    if (this.#closing !== undefined) throw stopped();
    const tracked = this.#tracker.track('get');
    const queue = { ...this.#options.queue, concurrent: this.#settings.concurrent };
    this.#queue = new DownloadQueue(
      { ...this.#options, queue },
      {
        onEvent: (event) => this.#emit(event),
        onSettled: () => this.#changed(),
        onBroken: (error) => {
          this.#broken ??= error;
          this.#changed();
        },
      },
    );
    tracked.attach(this.#queue);
    this.#divideLimit();
    return this.#queue;
  }

  /** The next time that something has changed which may be the end. */
  #change(): Promise<void> {
    const change = Promise.withResolvers<void>();
    this.#waiting.push(change.resolve);
    return change.promise;
  }

  #changed(): void {
    if (this.#closing === undefined) this.#divideLimit();
    this.#tracker.store.touch();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The queue counts while it has something to do. */
  #divideLimit(): void {
    const queue = this.#queue?.outcome() === undefined ? this.#queue : undefined;
    this.#shares.divide(this.#settings.limitRate, [...(queue ? [queue] : []), ...this.#rooms.all]);
  }

  #emit(event: TaskEvent): void {
    this.#options.onEvent?.(event);
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined)
      throw new DragonloadError('wrong-state', 'Dragonload has been closed: it takes no more commands.');
    if (this.#broken !== undefined) throw this.#broken;
  }

  #close(isBrokenOff: boolean): Promise<void> {
    this.#closing ??= Promise.resolve().then(async () => {
      await Promise.all([this.#rooms.close(), this.#queue?.close(isBrokenOff)]);
      this.#store?.[Symbol.dispose]();
      this.#tracker[Symbol.dispose]();
    });
    this.#changed();
    return this.#closing;
  }
}

function stopped(): DragonloadError {
  return new DragonloadError('aborted', 'Stopped before the end.');
}
