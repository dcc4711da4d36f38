import type { AddDownload, Command, Event } from '../../core/contract.ts';
import { MemberCore, type MemberCoreOptions } from '../../core/member/member-core.ts';
import type { View } from '../../core/view.ts';

export interface CoreDriverOptions extends Omit<MemberCoreOptions, 'random'> {
  /** Carries out a command. May dispatch events at once; they are handled in turn. */
  readonly execute: (command: Command) => void;
  /** Called after each round of events: for whoever waits for a state. */
  readonly settled: () => void;
  /** The core or the carrying out of a command threw: the engine has stopped. */
  readonly broken: (thrown: unknown) => void;
}

/** Runs a member's core: hands it events and the time, carries out its commands, wakes it when it asks. */
export class CoreDriver implements Disposable {
  readonly #core: MemberCore;
  readonly #options: CoreDriverOptions;
  readonly #queue: Event[] = [];
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #wakeMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: CoreDriverOptions) {
    this.#options = options;
    this.#core = new MemberCore({ ...options, random: Math.random });
  }

  get core(): MemberCore {
    return this.#core;
  }

  view(): View {
    return this.#core.view(performance.now());
  }

  add(download: Omit<AddDownload, 'type'>): void {
    this.dispatch({ type: 'add-download', ...download });
  }

  dispatch(event: Event): void {
    if (this.#closed) return;
    this.#queue.push(event);
    if (!this.#running) this.#run();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#running = true;
    try {
      for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
        this.#core.handle(event, performance.now());
        for (const command of this.#core.drain()) this.#options.execute(command);
      }
    } catch (thrown) {
      // A mistake in the core itself: nothing after it can be relied on, and nobody else is to blame.
      this.#closed = true;
      this.#queue.length = 0;
      this.#options.broken(thrown);
      return;
    } finally {
      this.#running = false;
    }
    this.#schedule();
    this.#options.settled();
  }

  /** A timer that would fire too early is left alone: an early tick costs less than a new timer after every event. */
  #schedule(): void {
    const deadline = this.#core.deadline();
    if (deadline === undefined || this.#closed || deadline >= this.#wakeMs) return;
    clearTimeout(this.#timer);
    this.#wakeMs = deadline;
    const waitMs = Math.max(1, Math.ceil(deadline - performance.now()));
    this.#timer = setTimeout(() => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.dispatch({ type: 'tick' });
    }, waitMs);
  }
}
