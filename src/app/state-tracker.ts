import type { TaskEvent } from '../engine/base/task.ts';
import { isUnderWay, queueStateOf } from './queue-state.ts';
import { NO_HISTORY, withSample } from './rate-history.ts';
import { sameState } from './same-state.ts';
import type { EngineSettings, EngineState, Notice, RateHistory } from './state.ts';
import { StateStore, type StoreClock, SYSTEM_CLOCK } from './state-store.ts';
import { type TaskWay, TrackedTask } from './tracked-task.ts';

/** So many words for the user are kept. */
const MAX_NOTICES = 100;
/** Rates are noted this often, and what changed without an event is found this late. */
const TICK_MS = 1_000;
/** The schedule's opening is reckoned from the time left, anew each time: so much is no change. */
const SAME_OPENING_MS = 5_000;

export interface StateTrackerOptions {
  readonly settings: () => EngineSettings;
  readonly onListenerError?: (thrown: unknown) => void;
  readonly clock?: StoreClock;
  /** The time, in milliseconds since the epoch. */
  readonly wallMs?: () => number;
}

/** What a face draws from. */
export interface StateSource {
  /** Everything as it is now. */
  readonly state: EngineState;
  /** How many downloads there are: cheap however many, where `state` would be drawn for that alone. */
  readonly downloadCount: number;
}

/**
 * Makes the one state out of the tasks of an engine: their pictures, their events and the histories of their rates, which
 * it notes every second on a timer that does not keep the process alive.
 */
export class StateTracker implements StateSource, Disposable {
  readonly store: StateStore;
  readonly #settings: () => EngineSettings;
  readonly #clock: StoreClock;
  readonly #wallMs: () => number;
  readonly #tasks: TrackedTask[] = [];
  readonly #histories = new Map<number, RateHistory>();
  #history = NO_HISTORY;
  #notices: readonly Notice[] = [];
  #opensAtMs: number | undefined;
  #cancelTick: (() => void) | undefined;

  constructor(options: StateTrackerOptions) {
    const { clock = SYSTEM_CLOCK, wallMs = Date.now, settings, ...rest } = options;
    this.#settings = settings;
    this.#clock = clock;
    this.#wallMs = wallMs;
    this.store = new StateStore({
      ...rest,
      draw: () => this.#draw(),
      isSame: sameState,
      isMoving: (state) =>
        state.rooms.some(({ status }) => status === 'open') || state.downloads.some(isUnderWay),
      clock,
    });
  }

  get state(): EngineState {
    return this.store.state;
  }

  get downloadCount(): number {
    return this.#tasks.reduce((sum, task) => sum + task.downloadCount, 0);
  }

  /** Makes a place in the state for a task that is about to begin. */
  track(way: TaskWay): TrackedTask {
    const task = new TrackedTask(
      way,
      (id) => this.#histories.get(id) ?? NO_HISTORY,
      () => this.store.touch(),
    );
    this.#tasks.push(task);
    if (this.#cancelTick === undefined) this.#tickLater();
    return task;
  }

  /** Takes a task that has ended, and its downloads, out of the state. */
  forget(task: TrackedTask): void {
    const at = this.#tasks.indexOf(task);
    if (at >= 0) this.#tasks.splice(at, 1);
    this.store.touch();
  }

  /** An event of a task. */
  heard(task: TrackedTask, event: TaskEvent): void {
    task.heard(event);
    if (event.type === 'notice') this.#tell(event.message, undefined);
    if (event.type === 'error') this.#tell(event.error.message, event.id);
    this.store.touch();
  }

  [Symbol.dispose](): void {
    this.#cancelTick?.();
    this.store[Symbol.dispose]();
  }

  #draw(): Omit<EngineState, 'version'> {
    const parts = this.#tasks.map((task) => task.draw());
    const [first] = parts;
    const downloads = parts.length === 1 ? first!.downloads : parts.flatMap((part) => part.downloads);
    const [opensInMs] = parts.map((part) => part.opensInMs).filter((ms) => ms !== undefined);
    const gate = {
      opensAtMs: this.#openingIn(opensInMs),
      isQuotaSpent: parts.some(({ isQuotaSpent }) => isQuotaSpent),
    };
    return {
      downloads,
      rooms: parts.map(({ room }) => room).filter((room) => room !== undefined),
      queue: queueStateOf(downloads, gate),
      history: this.#history,
      settings: this.#settings(),
      notices: this.#notices,
    };
  }

  /** The same moment as before while the clocks agree about it but for a little. */
  #openingIn(opensInMs: number | undefined): number | undefined {
    const opensAtMs = opensInMs === undefined ? undefined : Math.round(this.#wallMs() + opensInMs);
    const isSame =
      opensAtMs !== undefined &&
      this.#opensAtMs !== undefined &&
      Math.abs(opensAtMs - this.#opensAtMs) < SAME_OPENING_MS;
    if (!isSame) this.#opensAtMs = opensAtMs;
    return this.#opensAtMs;
  }

  #tell(message: string, download: number | undefined): void {
    const notice = { atMs: this.#wallMs(), message, download };
    this.#notices = [...this.#notices, notice].slice(-MAX_NOTICES);
  }

  #tickLater(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      this.#sample();
      this.store.touch();
      this.#tickLater();
    });
  }

  /** Notes the rates of what runs. */
  #sample(): void {
    const atMs = this.#wallMs();
    const running = this.#tasks.flatMap((task) => task.rates());
    if (running.length === 0) return;
    let originSum = 0;
    let lanSum = 0;
    for (const { id, originRate, lanRate } of running) {
      const history = this.#histories.get(id) ?? NO_HISTORY;
      this.#histories.set(id, withSample(history, { atMs, originRate, lanRate }));
      originSum += originRate;
      lanSum += lanRate;
    }
    this.#history = withSample(this.#history, { atMs, originRate: originSum, lanRate: lanSum });
  }
}
