import type { FileIdentity } from '../core/messages.ts';
import type { FetchOptions, Origin } from './origin.ts';
import type { OriginResult } from './outcome.ts';
import type { LiveRange } from './receive.ts';

export class Sources implements AsyncDisposable {
  readonly #first: Origin;
  constructor(options: {
    first: Origin;
    identity: FileIdentity;
    open: (url: string, trusted: boolean) => Promise<Origin>;
    onNotice: (message: string) => void;
  }) {
    this.#first = options.first;
  }
  add(_urls: readonly string[], _options: { trusted: boolean }): void {}
  networkChanged(): void {
    this.#first.networkChanged();
  }
  fetchRange(range: LiveRange, options: FetchOptions): Promise<OriginResult> {
    return this.#first.fetchRange(range, options);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.#first[Symbol.asyncDispose]();
  }
}
