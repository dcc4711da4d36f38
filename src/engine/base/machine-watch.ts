/** What needs little time needs no watch. */
const SOON_MS = 3_000;

export interface MachineWatchOptions {
  readonly keepAwake: boolean;
  /** Hears of it when the machine cannot be kept awake. */
  readonly onNotice: (message: string) => void;
  /** The network is another one, or the machine has slept. */
  readonly onNetworkChange: () => void;
}

/** Keeps the machine awake while a task works or waits for its hour, and notices when it slept or moved all the same. */
export class MachineWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #held = new DisposableStack();

  constructor(options: MachineWatchOptions) {
    this.#timer = setTimeout(() => void this.#begin(options), SOON_MS).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#held.dispose();
  }

  async #begin({ keepAwake, onNotice, onNetworkChange }: MachineWatchOptions): Promise<void> {
    const [{ watchWake }, awake] = await Promise.all([
      import('../../system/wake-watch.ts'),
      import('../../system/keep-awake.ts'),
    ]);
    if (this.#held.disposed) return;
    this.#held.use(watchWake({ onWake: onNetworkChange, onNetworkChange }));
    if (keepAwake) this.#held.use(awake.keepAwake('A download is under way.', onNotice));
  }
}
