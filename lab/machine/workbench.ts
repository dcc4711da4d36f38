import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessMeter, type Usage } from './measure.ts';

/** How a process ended: its exit code, or the signal that ended it. */
export type Exit = number | NodeJS.Signals;

/** A program under test or a server that this lab started. Times are of `performance.now()`. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly startedMs: number;
  /** Resolves when the process is gone. */
  readonly exited: Promise<Exit>;
  /** CPU and memory so far; final once the process is gone. */
  usage(): Usage;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** File below the workbench for what the process writes to stderr. */
  readonly log: string;
  /** How often CPU and memory are looked at, in milliseconds. */
  readonly sampleMs?: number;
  /** Whether stdout is read by the caller; else it goes to the log too. */
  readonly readStdout?: boolean;
}

/**
 * Everything that one scenario makes: a folder, processes, namespaces. `close` takes all of it away, last made first.
 * It is synchronous, so that it also runs from an exit handler; nothing that others started is touched.
 */
export class Workbench implements Disposable {
  /** Begins the name of everything on this machine that the workbench makes. */
  readonly prefix = `dl-${process.pid}-`;
  readonly directory: string;
  #undo: (() => void)[] = [];

  constructor(parent: string) {
    this.directory = mkdtempSync(join(parent, this.prefix));
    this.defer(() =>
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
    );
    process.on('exit', this.#onExit);
  }

  readonly #onExit = (): void => this.close();

  /** Run `undo` when the workbench closes. */
  defer(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** A path below the workbench's folder. */
  path(...names: readonly string[]): string {
    return join(this.directory, ...names);
  }

  /** A new folder below the workbench's folder. */
  folder(...names: readonly string[]): string {
    const path = this.path(...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Starts a program; `argv[0]` is looked up in PATH. It is killed when the workbench closes. */
  start(argv: readonly string[], options: StartOptions): Running {
    const log = openSync(this.path(options.log), 'a');
    const startedMs = performance.now();
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: options.directory ?? this.directory,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', options.readStdout === true ? 'pipe' : log, log],
    });
    closeSync(log);
    child.on('error', () => undefined);
    const pid = child.pid;
    if (pid === undefined) throw new Error(`${argv[0]} could not be started. Is it installed?`);
    const meter = new ProcessMeter(pid, options.sampleMs);
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', () => meter.stop());
      // Later than 'exit': its last lines have been read by then.
      child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
    });
    this.defer(() => {
      meter.stop();
      if (child.exitCode === null && child.signalCode === null) killAndWait(pid);
    });
    return { child, pid, startedMs, exited, usage: () => meter.usage() };
  }

  /** The end of a log, for an error message. */
  tail(log: string, lines = 12): string {
    try {
      return readFileSync(this.path(log), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }

  close(): void {
    process.off('exit', this.#onExit);
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        undo();
      } catch (error) {
        process.stderr.write(`lab: could not clean up: ${error instanceof Error ? error.message : error}\n`);
      }
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Kills a child and waits, without the event loop, until it no longer runs: at most two seconds. */
function killAndWait(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < 200; i++) {
    try {
      if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return;
    } catch {
      return;
    }
    Atomics.wait(pause, 0, 0, 10);
  }
}
