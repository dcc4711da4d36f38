import { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import { trustWord } from '../../downloads/trust-text.ts';
import type { HookQueue } from '../../system/hook-queue.ts';
import type { TaskEvent, TaskOptions } from './task.ts';

/** The downloads of a task that are done and those that have failed. */
export interface TaskOutcome {
  readonly results: ReadonlyMap<unknown, Result>;
  readonly failures: ReadonlyMap<unknown, unknown>;
}

/** What the user wants to happen when a download is done, and when all are: a program to run, a word to the desktop. */
export class CompletionHooks {
  readonly #options: Pick<TaskOptions, 'onComplete' | 'notify'>;
  readonly #emit: (event: TaskEvent) => void;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #hooks: HookQueue | undefined;

  constructor(options: Pick<TaskOptions, 'onComplete' | 'notify'>, emit: (event: TaskEvent) => void) {
    this.#options = options;
    this.#emit = emit;
  }

  /** Whether what the user wants can be done: undefined where there is nothing to look for. Rejects with `usage`. */
  check(): Promise<void> | undefined {
    const program = this.#options.onComplete;
    return program === undefined ? undefined : checkProgram(program);
  }

  /** A file is there. */
  done(result: Result): void {
    const program = this.#options.onComplete;
    if (program === undefined) return;
    const running = this.#run(program, result).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** All is over: waits for the programs, and tells the desktop, unless the user has broken it off and knows. */
  async over({ results, failures }: TaskOutcome, isBrokenOff: boolean): Promise<void> {
    if (isBrokenOff) this.#abort.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#options.notify !== true || isBrokenOff) return;
    const { notify } = await import('../../system/notify.ts');
    const [only] = results.values();
    const files = results.size === 1 ? (only?.path ?? '') : `${results.size} files`;
    const failed = failures.size;
    await notify(
      failed > 0 ? 'Not everything has arrived' : 'Downloaded',
      failed > 0 ? `${files}; ${failed} failed` : files,
    );
  }

  async #run(program: string, result: Result): Promise<void> {
    const { HookQueue } = await import('../../system/hook-queue.ts');
    const { hookProblem } = await import('../../system/run-hook.ts');
    this.#hooks ??= new HookQueue(program, { signal: this.#abort.signal });
    const { id, path, url, sizeBytes, sha256, trust } = result;
    const file = { path, url, sizeBytes, sha256, trust: trustWord(trust) };
    const problem = hookProblem(program, await this.#hooks.run(file));
    if (problem === undefined) return;
    const error = new DragonloadError('hook-failed', problem, {
      facts: { path },
      hint: { kind: 'check-program', path },
    });
    this.#emit({ type: 'error', error, id, url });
  }
}

/** A slip of the pen is better told before a night of downloading than after it. */
async function checkProgram(program: string): Promise<void> {
  const { findProgram } = await import('../../system/find-program.ts');
  const { whyNot } = await import('../../system/run-hook.ts');
  const found = await findProgram(program, process.env);
  if (found.kind === 'found') return;
  throw new DragonloadError('usage', whyNot(program, found.kind), {
    hint: { kind: 'check-program' },
  });
}
