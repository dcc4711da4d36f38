import { DragonloadError } from '../core/errors.ts';
import { runCommandLine } from './program.ts';
import { EXIT, exitCodeFor } from './run/exit-codes.ts';

/** Runs the command line in this process and ends it with the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  await finish(runCommandLine(argv), argv);
}

/** Ends this process with the exit code that a run comes to, or with the one for the error that it throws. */
export async function finish(run: Promise<number>, argv: readonly string[]): Promise<void> {
  // Whoever reads the output may go away (`| head`); the download goes on, and nobody is there to be told.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const exitCode = await run.catch((thrown: unknown) => fail(thrown, argv));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Not by running dry: a socket or a worker that lingers must not keep the process.
  process.exit(exitCode);
}

/** An error from before there was anything to run: wrong usage, or an engine that does not load. */
async function fail(thrown: unknown, argv: readonly string[]): Promise<number> {
  const { errorLines } = await import('./text/event-lines.ts');
  const { terminalTraits } = await import('./text/terminal.ts');
  const error = DragonloadError.from(thrown);
  if (argv.includes('--json')) {
    const { errorObject, jsonLine } = await import('./report/json.ts');
    process.stdout.write(`${jsonLine(errorObject(error))}\n`);
  }
  const lines = errorLines(error, terminalTraits(process.stderr, process.env));
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  return BEFORE_ANYTHING.includes(error.code) ? EXIT.usage : exitCodeFor(error);
}

/** What a download may fail of later is wrong usage where it keeps the run from beginning. */
const BEFORE_ANYTHING: readonly string[] = ['bad-url', 'bad-list'];

/** Waits until what was written has gone, or cannot go. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
