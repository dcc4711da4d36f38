import type { Command, FailureReason } from '../contract.ts';
import type { DownloadState } from './download-state.ts';

export interface FailureOptions {
  readonly state: DownloadState;
  /** Ends all transfers. */
  readonly stop: () => void;
  readonly emit: (command: Command) => void;
}

/** How a download fails, and whether it may go on after that: when nobody could give what is missing, somebody may yet. */
export class Failure {
  readonly #options: FailureOptions;
  #mayRecover = false;

  constructor(options: FailureOptions) {
    this.#options = options;
  }

  /** It cannot go on. Of several reasons the first is told; a single one that nothing can heal makes it final. */
  declare(reason: FailureReason, mayRecover: boolean): void {
    const { state, stop, emit } = this.#options;
    if (state.phase === 'failed') {
      this.#mayRecover &&= mayRecover;
      return;
    }
    state.phase = 'failed';
    this.#mayRecover = mayRecover;
    stop();
    emit({ type: 'failed', download: state.offer.download, reason });
  }

  /** Whether nothing new about the origin can change it. */
  get isFinal(): boolean {
    return this.#options.state.phase === 'failed' && !this.#mayRecover;
  }

  /** There is hope again: what had failed for want of it is under way. */
  goOn(): void {
    const { state, emit } = this.#options;
    if (state.phase !== 'failed' || !this.#mayRecover) return;
    state.phase = 'downloading';
    emit({ type: 'recovered', download: state.offer.download });
  }
}
