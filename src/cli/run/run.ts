import { Tally } from '../../app/tally.ts';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { TaskEvent, TaskOptions } from '../../engine/base/task.ts';
import type { CommandName } from '../flags/commands.ts';
import type { RunSettings } from '../flags/settings.ts';
import { chooseReporter } from '../report/choose-reporter.ts';
import { createConsent } from '../report/consent.ts';
import type { Reporter } from '../report/reporter.ts';
import { EXIT, exitCodeFor } from './exit-codes.ts';
import type { BegunEngine, Start, Target } from './load-engine.ts';
import { loadEngine } from './load-engine.ts';
import { onInterrupt } from './signals.ts';

/** How long saving state and telling the room may take, in milliseconds. */
const STOP_MS = 10_000;

/** Downloads in one of the three ways, telling about it as the settings say. Resolves to the exit code. */
export function runDownload(
  way: CommandName,
  targets: readonly Target[],
  settings: RunSettings,
): Promise<number> {
  return runWith(() => loadEngine(way), targets, settings);
}

/** As `runDownload`, with the engine that `load` yields. */
export async function runWith(
  load: () => Promise<Start>,
  targets: readonly Target[],
  settings: RunSettings,
): Promise<number> {
  const reporter = await chooseReporter(settings);
  return new Run(settings, reporter).toItsEnd(await load(), targets);
}

/** One run from its start to its end, whichever that is: done, failed, declined, interrupted or broken. */
class Run {
  readonly #settings: RunSettings;
  readonly #reporter: Reporter;
  readonly #tally = new Tally();
  /** Aborted when the run is to end. */
  readonly #over = new AbortController();
  /** Rejects when the run was broken off and the engine has been stopped. */
  readonly #brokenOff = Promise.withResolvers<never>();
  #engine: BegunEngine | undefined;
  #stopped: Promise<void> | undefined;
  #hasToldJoined = false;
  /** Why this side broke it off, when not by a signal. */
  #reason: DragonloadError | undefined;

  constructor(settings: RunSettings, reporter: Reporter) {
    this.#settings = settings;
    this.#reporter = reporter;
    this.#brokenOff.promise.catch(() => {});
  }

  async toItsEnd(start: Start, targets: readonly Target[]): Promise<number> {
    using _signals = onInterrupt(
      () => {
        this.#reporter.notice('Stopping: saving what is here. Ctrl-C again ends it at once.');
        this.#breakOff();
      },
      () => this.#endNow(EXIT.interrupted),
    );
    process.once('uncaughtException', this.#onCrash);
    try {
      for (const warning of this.#settings.warnings ?? []) this.#reporter.notice(warning);
      this.#engine = start(targets, this.#options());
      this.#reporter.watch(this.#engine);
      await Promise.race([this.#engine.finished, this.#brokenOff.promise]);
      return EXIT.done;
    } catch (thrown) {
      return this.#failed(this.#reason ?? DragonloadError.from(thrown));
    } finally {
      await this.#stop();
      this.#reporter.close(this.#tally);
      process.off('uncaughtException', this.#onCrash);
    }
  }

  #options(): TaskOptions {
    const consent = createConsent({
      yes: this.#settings.yes,
      input: process.stdin,
      output: process.stderr,
      reporter: this.#reporter,
      state: () => this.#engine?.state,
      giveUp: (error) => {
        this.#reason ??= error;
        this.#breakOff();
      },
      signal: this.#over.signal,
    });
    const onEvent = (event: TaskEvent): void => {
      this.#tally.add(event);
      if (event.type === 'member') this.#tellJoined();
      this.#reporter.event(event);
    };
    return { ...this.#settings.options, consent, onEvent, signal: this.#over.signal };
  }

  /** The first member that shows up is one that was there before: what is new to the user is to be in the room. */
  #tellJoined(): void {
    const room = this.#engine?.state.rooms[0];
    if (this.#hasToldJoined || room?.way !== 'join') return;
    this.#hasToldJoined = true;
    const me = room.members.find(({ isMe }) => isMe);
    if (me !== undefined) this.#reporter.notice(`You joined as ${me.name}.`);
  }

  /** Ends the run before all is done. One that leaves `finished` open when it was stopped is over all the same. */
  #breakOff(): void {
    this.#over.abort();
    if (this.#engine === undefined) return;
    const error = new DragonloadError('aborted', 'It was stopped.');
    this.#stop().then(() => setImmediate(() => this.#brokenOff.reject(error)));
  }

  /** Stops the engine, and waits no longer than is decent: a process that was told to end ends. */
  #stop(): Promise<void> {
    if (this.#engine === undefined) return Promise.resolve();
    this.#stopped ??= within(Promise.resolve(this.#engine[Symbol.asyncDispose]()), STOP_MS);
    return this.#stopped;
  }

  #failed(error: DragonloadError): number {
    if (error.code === 'aborted') this.#reporter.notice('Stopped. The same command goes on from here.');
    else {
      this.#tally.hasFailed = true;
      this.#reporter.error(error);
    }
    return exitCodeFor(error);
  }

  #endNow(exitCode: number): never {
    this.#reporter.close(this.#tally);
    process.exit(exitCode);
  }

  /** A mistake in the program. The journal is made to be left at any moment, so ending now loses nothing. */
  readonly #onCrash = (thrown: unknown): void => {
    if (process.env.DRAGONLOAD_DEBUG && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
    const { code, message, hint: known } = DragonloadError.from(thrown);
    const hint =
      known ??
      advice('Run the same command again to go on; with DRAGONLOAD_DEBUG=1 it tells where it broke.');
    this.#reporter.error(new DragonloadError(code, message, { hint, cause: thrown }));
    this.#endNow(EXIT.failed);
  };
}

/** Waits for `work`, however it ends, but at most `limitMs`. */
async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  await Promise.race([work.catch(() => {}), limit.promise]);
  clearTimeout(timer);
}
