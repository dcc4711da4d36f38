import type { AddDownload, Command, Core, Event, SignatureFacts } from '../../core/contract.ts';
import { MemberCore, type MemberCoreOptions } from '../../core/member/member-core.ts';
import type { View } from '../../core/view.ts';
import { type Clock, PROCESS_CLOCK } from './clock.ts';

export interface CoreDriverOptions extends Omit<MemberCoreOptions, 'random'> {
  /** Default: the clock of the process. */
  readonly clock?: Clock | undefined;
  /** Puts something round the core, such as checks of what goes in and out. */
  readonly wrap?: ((core: Core) => Core) | undefined;
  /** Carries out a command. May dispatch events at once; they are handled in turn. */
  readonly execute: (command: Command) => void;
  /** Called after each round of events: for whoever waits for a state. */
  readonly settled: () => void;
  /** The core or the carrying out of a command threw: the engine has stopped. */
  readonly broken: (thrown: unknown) => void;
}

/**
 * Runs a member's core: hands it events and the time, carries out its commands, wakes it when it asks. Events are handled
 * one after the other, each with all its commands before the next, also those that arrive while a command is carried out.
 */
export class CoreDriver implements Disposable {
  readonly #core: Core;
  readonly #options: CoreDriverOptions;
  readonly #clock: Clock;
  readonly #queue: Event[] = [];
  #running = false;
  #cancelTimer = () => {};
  /** When the timer fires. */
  #wakeMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: CoreDriverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? PROCESS_CLOCK;
    const core = new MemberCore({ ...options, random: Math.random });
    this.#core = options.wrap?.(core) ?? core;
  }

  get facts(): SignatureFacts {
    return this.#core.facts;
  }

  view(): View {
    return this.#core.view(this.#clock.now());
  }

  add(download: Omit<AddDownload, 'type'>): void {
    this.dispatch({ type: 'add-download', ...download });
  }

  dispatch(event: Event): void {
    if (this.#closed) return;
    this.#queue.push(event);
    if (!this.#running) this.#run();
  }

  /** Nothing is handled any more, nor what is in line already. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#cancelTimer();
  }

  #run(): void {
    this.#running = true;
    try {
      for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
        this.#core.handle(event, this.#clock.now());
        for (const command of this.#core.drain()) this.#options.execute(command);
      }
    } catch (thrown) {
      // A mistake in the core itself: nothing after it can be relied on, and nobody else is to blame.
      this[Symbol.dispose]();
      this.#options.broken(thrown);
      return;
    } finally {
      this.#running = false;
    }
    if (this.#closed) return;
    this.#schedule();
    this.#options.settled();
  }

  /** A timer that would fire too early is left alone: an early tick costs less than a new timer after every event. */
  #schedule(): void {
    const deadline = this.#core.deadline();
    if (deadline === undefined || deadline >= this.#wakeMs) return;
    this.#cancelTimer();
    this.#wakeMs = deadline;
    const waitMs = Math.max(1, Math.ceil(deadline - this.#clock.now()));
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.dispatch({ type: 'tick' });
    });
  }
}
