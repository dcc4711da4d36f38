import type { Command } from '../contract.ts';
import type { ErrorCode } from '../errors.ts';
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
  #mayRevive = false;

  constructor(options: FailureOptions) {
    this.#options = options;
  }

  /** The world gave up on it. */
  happened(message: string, mayRevive: boolean): void {
    const { state, stop } = this.#options;
    state.phase = 'failed';
    state.failure = message;
    this.#mayRevive = mayRevive;
    stop();
  }

  /** The core gives up on it, and tells the world. */
  declare(code: ErrorCode, message: string, mayRevive: boolean): void {
    this.happened(message, mayRevive);
    this.#options.emit({ type: 'hopeless', download: this.#options.state.offer.download, code, message });
  }

  /** Whether nothing new about the origin can change it. */
  get isFinal(): boolean {
    return this.#options.state.phase === 'failed' && !this.#mayRevive;
  }

  /** There is hope again: what had failed for want of it is under way. */
  goOn(): void {
    const { state } = this.#options;
    if (state.phase !== 'failed' || !this.#mayRevive) return;
    state.phase = 'downloading';
    state.failure = undefined;
  }
}
