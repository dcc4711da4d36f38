import { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import type { Job } from '../../lists/job.ts';
import type { Task, TaskOptions } from '../base/task.ts';
import type { DownloadRates, TaskPicture } from '../base/task-picture.ts';
import { DownloadQueue } from './download-queue.ts';

/** `get`: a queue that ends when its downloads have. */
export class GetTask implements Task {
  readonly finished: Promise<readonly Result[]>;
  readonly #options: TaskOptions;
  readonly #targets: readonly (string | Job)[];
  readonly #outcome = Promise.withResolvers<readonly Result[]>();
  #queue: DownloadQueue | undefined;
  #ending: Promise<void> | undefined;

  constructor(targets: readonly (string | Job)[], options: TaskOptions) {
    this.#targets = targets;
    this.#options = options;
    this.finished = this.#outcome.promise;
    // Whoever only calls stop() need not look at the promise.
    this.finished.catch(() => {});
    options.signal?.addEventListener('abort', () => void this.stop(), { once: true });
  }

  /** Starts the work; called once by whoever made the task. */
  start(): this {
    // Whoever made it hears of nothing before it is made.
    queueMicrotask(() => {
      if (this.#ending !== undefined) return;
      this.#begin().catch((thrown: unknown) => this.#endWith(DragonloadError.from(thrown)));
    });
    return this;
  }

  view(): View {
    return this.#queue?.view() ?? { me: '', room: undefined, members: [], downloads: [] };
  }

  picture(): TaskPicture {
    return this.#queue?.picture() ?? NOTHING_YET;
  }

  rates(): readonly DownloadRates[] {
    return this.#queue?.rates() ?? [];
  }

  get downloadCount(): number {
    return this.#queue?.downloadCount ?? 0;
  }

  stop(): Promise<void> {
    return this.#endWith(
      new DragonloadError('aborted', 'Stopped before the end.', {
        hint: { kind: 'run-again' },
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #begin(): Promise<void> {
    this.#queue = new DownloadQueue(this.#options, {
      onEvent: (event) => this.#options.onEvent?.(event),
      onSettled: () => this.#settled(),
      onBroken: (error) => void this.#endWith(error),
    });
    await this.#queue.add(this.#targets);
  }

  #settled(): void {
    const outcome = this.#queue?.outcome();
    if (outcome !== undefined) void this.#endWith(outcome.failure);
  }

  /** Once only: what follows after the first call is part of the ending. */
  #endWith(failure: DragonloadError | undefined): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => this.#end(failure));
    return this.#ending;
  }

  async #end(failure: DragonloadError | undefined): Promise<void> {
    const isBrokenOff = failure?.code === 'aborted';
    await this.#queue?.close(isBrokenOff);
    const isWhole = isBrokenOff && this.#queue?.isComplete === true;
    if (failure !== undefined && !isWhole) this.#outcome.reject(failure);
    else this.#outcome.resolve(this.#queue?.results ?? []);
  }
}

const NOTHING_YET: TaskPicture = {
  downloads: [],
  room: undefined,
  me: undefined,
  members: [],
  opensInMs: undefined,
  isQuotaSpent: false,
};
