import type { QueueCommand, QueueCounts, QueueEvent, QueueLimits } from '../../core/queue/api.ts';
import { Queue } from '../../core/queue/queue.ts';
import { Gate } from '../../core/queue/schedule.ts';
import type { QueueOptions } from '../base/task.ts';

/** Clocks jump, so the schedule is asked again at least this often. */
const LOOK_AGAIN_MS = 60_000;

export interface QueueDriverOptions {
  readonly limits: Omit<QueueLimits, 'random'>;
  readonly schedule: Pick<QueueOptions, 'startAt' | 'window'>;
  /** Carries out a command. May hand in events at once; they are handled in turn. */
  readonly onCommand: (command: QueueCommand) => void;
  /** Called after each round of events. */
  readonly onSettled: () => void;
  /** Something threw: nothing goes on. */
  readonly onBroken: (thrown: unknown) => void;
}

/** Runs the queue's core: hands it events and the time, tells it what the schedule says, wakes it when it asks. */
export class QueueDriver implements Disposable {
  readonly #queue: Queue;
  readonly #gate: Gate;
  readonly #options: QueueDriverOptions;
  readonly #events: QueueEvent[] = [];
  #isRunning = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  /** By the process's clock: when the schedule opens; undefined while it is open. */
  #opensAtMs: number | undefined;
  #lookAtMs = 0;

  /** Throws `usage` for a schedule that is none. */
  constructor(options: QueueDriverOptions) {
    this.#options = options;
    this.#queue = new Queue({ ...options.limits, random: Math.random });
    this.#gate = new Gate(options.schedule, localMs());
  }

  get counts(): QueueCounts {
    return this.#queue.counts;
  }

  /** Nothing runs, and nothing will unless somebody asks for it. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  get isSpent(): boolean {
    return this.#queue.isSpent;
  }

  /** How long the schedule still keeps everything waiting; undefined while it does not. */
  get opensInMs(): number | undefined {
    return this.#opensAtMs === undefined ? undefined : Math.max(0, this.#opensAtMs - performance.now());
  }

  handle(event: QueueEvent): void {
    if (this.#isClosed) return;
    this.#events.push(event);
    if (!this.#isRunning) this.#run();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#isRunning = true;
    try {
      this.#askSchedule();
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        this.#queue.handle(event, performance.now());
        for (const command of this.#queue.drain()) this.#options.onCommand(command);
      }
      this.#wakeLater();
    } catch (thrown) {
      this.#isClosed = true;
      this.#options.onBroken(thrown);
      return;
    } finally {
      this.#isRunning = false;
    }
    this.#options.onSettled();
  }

  /** What the schedule says comes before all else: nothing starts that it would stop at once. */
  #askSchedule(): void {
    const nowMs = performance.now();
    if (nowMs < this.#lookAtMs) return;
    const { open, changesInMs } = this.#gate.look(localMs());
    this.#lookAtMs =
      changesInMs === undefined ? Number.POSITIVE_INFINITY : nowMs + Math.min(changesInMs, LOOK_AGAIN_MS);
    const wasOpen = this.#opensAtMs === undefined;
    this.#opensAtMs = open ? undefined : nowMs + (changesInMs ?? 0);
    if (wasOpen !== open) this.#events.unshift({ type: 'gate', open });
  }

  #wakeLater(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const deadlineMs = Math.min(this.#queue.deadline() ?? Number.POSITIVE_INFINITY, this.#lookAtMs);
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(1, Math.ceil(deadlineMs - performance.now()));
    this.#timer = setTimeout(() => this.handle({ type: 'tick' }), waitMs);
  }
}

/** See `LocalMs`. */
function localMs(): number {
  const now = new Date();
  return now.getTime() - now.getTimezoneOffset() * 60_000;
}
