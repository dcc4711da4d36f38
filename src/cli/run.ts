import { DragonloadError } from '../core/errors.ts';
import type { Result, Task, TaskEvent, TaskOptions } from '../member/task.ts';
import { createConsent } from './consent.ts';
import type { Start } from './engine.ts';
import { loadEngine } from './engine.ts';
import { EXIT, exitCodeFor } from './exit-codes.ts';
import type { Reporter } from './reporter.ts';
import { onInterrupt } from './signals.ts';
import { terminalTraits } from './terminal.ts';

/** How long saving state and telling the room may take, in milliseconds. */
const STOP_MS = 10_000;

/** What a command line asks for, beside what to download. */
export interface RunSettings {
  readonly options: TaskOptions;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
}

/** Downloads in one of the three ways, telling about it as the settings say. Resolves to the exit code. */
export async function runDownload(
  way: 'get' | 'host' | 'join',
  targets: readonly string[],
  settings: RunSettings,
): Promise<number> {
  return runWith(() => loadEngine(way), targets, settings);
}

/** As `runDownload`, with the engine that `load` yields. */
export async function runWith(
  load: () => Promise<Start>,
  targets: readonly string[],
  settings: RunSettings,
): Promise<number> {
  const reporter = await createReporter(settings);
  return runTask(await load(), targets, settings, reporter);
}

/** Runs a task to its end, whichever that is: done, failed, declined or interrupted. */
async function runTask(
  start: Start,
  targets: readonly string[],
  settings: RunSettings,
  reporter: Reporter,
): Promise<number> {
  const over = new AbortController();
  const results: Result[] = [];
  let task: Task | undefined;
  let gaveUp: DragonloadError | undefined;

  const ending = Promise.withResolvers<never>();
  ending.promise.catch(() => {});
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    over.abort();
    if (task === undefined) return Promise.resolve();
    stopped ??= stopInTime(task);
    return stopped;
  };
  /** Stops before the end. A task that leaves `finished` open after that is over all the same. */
  const breakOff = (): void => {
    const end = (): unknown =>
      setImmediate(() => ending.reject(new DragonloadError('aborted', 'It was stopped.')));
    if (task === undefined) over.abort();
    else stop().then(end);
  };
  const consent = createConsent({
    yes: settings.yes,
    input: process.stdin,
    output: process.stderr,
    reporter,
    view: () => task?.view(),
    giveUp: (error) => {
      gaveUp ??= error;
      breakOff();
    },
    signal: over.signal,
  });
  const onEvent = (event: TaskEvent): void => {
    if (event.type === 'done') results.push(event.result);
    reporter.event(event);
  };
  const crash = (thrown: unknown): void => {
    reporter.error(broken(thrown));
    reporter.close(results);
    process.exit(EXIT.failed);
  };

  using _signals = onInterrupt(
    () => {
      reporter.notice(
        'Stopping: saving what is here and telling the room. Press Ctrl-C again to end at once.',
      );
      breakOff();
    },
    () => {
      reporter.close(results);
      process.exit(EXIT.interrupted);
    },
  );
  process.once('uncaughtException', crash);
  try {
    task = await start(targets, { ...settings.options, consent, onEvent, signal: over.signal });
    reporter.watch(task);
    // Told to stop while it started: now there is something to stop.
    if (over.signal.aborted) breakOff();
    await Promise.race([task.finished, ending.promise]);
    return EXIT.done;
  } catch (thrown) {
    const error = gaveUp ?? DragonloadError.from(thrown);
    if (error.code === 'aborted') reporter.notice('Stopped. The same command goes on from here.');
    else reporter.error(error);
    return exitCodeFor(error);
  } finally {
    await stop();
    reporter.close(results);
    process.off('uncaughtException', crash);
  }
}

/** Stops a task, and waits no longer than is decent: a process that was told to end ends. */
async function stopInTime(task: Task): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, STOP_MS);
  // What went wrong is told by `finished`; here it only matters that it is over.
  await Promise.race([task.stop().catch(() => {}), limit.promise]);
  clearTimeout(timer);
}

/** The reporter that the settings and the terminal call for. Only the one in use is loaded. */
async function createReporter(settings: RunSettings): Promise<Reporter> {
  const traits = terminalTraits(process.stderr, process.env);
  if (settings.json) {
    const { JsonReporter } = await import('./json.ts');
    return new JsonReporter(process.stdout, process.stderr, traits, { quiet: settings.quiet });
  }
  if (settings.quiet || !traits.live) {
    const { PlainReporter } = await import('./plain.ts');
    return new PlainReporter(process.stderr, traits, { quiet: settings.quiet });
  }
  const { LiveDisplay } = await import('./display.ts');
  return new LiveDisplay(process.stderr, traits);
}

function broken(thrown: unknown): DragonloadError {
  const error = DragonloadError.from(thrown);
  if (process.env.DRAGONLOAD_DEBUG && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  if (error.next !== undefined) return error;
  return new DragonloadError(error.code, error.message, {
    next: 'Run the same command again to go on; with DRAGONLOAD_DEBUG=1 it tells where it broke, for a report.',
    cause: thrown,
  });
}
