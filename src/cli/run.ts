import { DragonloadError } from '../core/errors.ts';
import type { Result, Task, TaskEvent, TaskOptions } from '../member/task.ts';
import { createConsent } from './consent.ts';
import type { Start } from './engine.ts';
import { loadEngine } from './engine.ts';
import { EXIT, exitCodeFor } from './exit-codes.ts';
import type { Reporter } from './reporter.ts';
import { onInterrupt } from './signals.ts';
import { terminalTraits } from './terminal.ts';

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

  const stop = (): void => {
    over.abort();
    // A stop that fails is told through `finished`, or below.
    task?.stop().catch((thrown: unknown) => reporter.error(DragonloadError.from(thrown)));
  };
  const consent = createConsent({
    yes: settings.yes,
    input: process.stdin,
    output: process.stderr,
    reporter,
    view: () => task?.view(),
    giveUp: (error) => {
      gaveUp ??= error;
      stop();
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
      stop();
    },
    () => {
      reporter.close(results);
      process.exit(EXIT.interrupted);
    },
  );
  process.once('uncaughtException', crash);
  try {
    task = start(targets, { ...settings.options, consent, onEvent, signal: over.signal });
    reporter.watch(task);
    await task.finished;
    return EXIT.done;
  } catch (thrown) {
    const error = gaveUp ?? DragonloadError.from(thrown);
    if (error.code === 'aborted') reporter.notice('Stopped. The same command goes on from here.');
    else reporter.error(error);
    return exitCodeFor(error);
  } finally {
    await task?.stop().catch(() => {});
    reporter.close(results);
    process.off('uncaughtException', crash);
  }
}

/** The reporter that the settings and the terminal call for. Only the one in use is loaded. */
async function createReporter(settings: RunSettings): Promise<Reporter> {
  const traits = terminalTraits(process.stderr, process.env);
  if (settings.json) {
    const { JsonReporter } = await import('./json.ts');
    return new JsonReporter(process.stdout, process.stderr, traits);
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
