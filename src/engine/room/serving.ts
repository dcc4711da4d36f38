import type { Command, Event } from '../../core/contract.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { PieceRecord } from '../../core/messages.ts';
import type { ServedBytes, ServeRequest } from '../../lan/lan.ts';

export interface ServingOptions {
  readonly dispatch: (event: Event) => void;
  /** Fills all of `target` with the bytes of a download from `offset` on; rejects when it cannot. */
  readonly read: (download: DownloadId, target: Uint8Array, offset: number) => Promise<void>;
}

type Answer = Extract<Command, { type: 'serve' | 'refuse-serve' }>;

/** Puts what other members ask for before the core, and hands out what the core lets them have, when it does. */
export class Serving implements Disposable {
  readonly #options: ServingOptions;
  /** Requests that wait for the core's answer. */
  readonly #waiting = new Map<number, (records: readonly PieceRecord[] | undefined) => void>();
  #requests = 0;
  #isClosed = false;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it is the request's turn; to undefined when this member does not hold all of it, or is closed, or when
   * nobody waits for it any more (`gone`): then the core is told, so that it takes nobody's place.
   */
  async serve(
    { peer, download, start, end }: ServeRequest,
    gone: AbortSignal,
  ): Promise<ServedBytes | undefined> {
    if (this.#isClosed || gone.aborted) return undefined;
    const request = ++this.#requests;
    const { dispatch, read } = this.#options;
    const giveUp = () => {
      const resolve = this.#waiting.get(request);
      if (!this.#waiting.delete(request)) return;
      resolve?.(undefined);
      dispatch({ type: 'served', request, bytes: 0 });
    };
    gone.addEventListener('abort', giveUp, { once: true });
    const records = await new Promise<readonly PieceRecord[] | undefined>((resolve) => {
      this.#waiting.set(request, resolve);
      dispatch({ type: 'serve-request', request, peer, download, start, end });
    });
    if (records === undefined) return undefined;
    let bytes = 0;
    return {
      records,
      read: async (target, offset) => {
        await read(download, target, offset);
        bytes += target.length;
      },
      release: () => dispatch({ type: 'served', request, bytes }),
    };
  }

  /** Carries out the core's answer to a request. */
  answer(command: Answer): void {
    const resolve = this.#waiting.get(command.request);
    this.#waiting.delete(command.request);
    resolve?.(command.type === 'serve' ? command.records : undefined);
  }

  /** Nobody is served any more; whoever waits is told so. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}
