import type { ServerResponse } from 'node:http';

/**
 * Holds bodies back until something else has happened: what a test needs to be true at some point of a transfer is then a fact,
 * however slow the machine is. Closed by `hold`, `holdUntilAsked` or `holdAfter`; opened by `release`.
 */
export class OriginGate {
  /** Present while the gate is closed. */
  #closed: PromiseWithResolvers<void> | undefined;
  /** Opens when so many bodies wait at the same time. */
  #neededWaiting = Number.POSITIVE_INFINITY;
  #waiting = 0;
  /** Body bytes that may still pass before the gate is closed. */
  #unheldBytes = Number.POSITIVE_INFINITY;

  /** Bodies begin only after `release`. */
  hold(): void {
    this.#closed ??= Promise.withResolvers();
  }

  /** Bodies begin when so many of them are asked for at the same time: with one connection each, when all members ask. */
  holdUntilAsked(bodies: number): void {
    this.hold();
    this.#neededWaiting = bodies;
  }

  /** So many further bytes of bodies are sent, and the rest after `release`. */
  holdAfter(bytes: number): void {
    this.#unheldBytes = bytes;
  }

  release(): void {
    this.#neededWaiting = this.#unheldBytes = Number.POSITIVE_INFINITY;
    this.#closed?.resolve();
    this.#closed = undefined;
  }

  /** Resolves when a body may begin, or its client has gone. */
  async begin(response: ServerResponse): Promise<void> {
    if (this.#closed === undefined) return;
    const gone = Promise.withResolvers<void>();
    if (response.destroyed) gone.resolve();
    else response.once('close', gone.resolve);
    this.#waiting += 1;
    if (this.#waiting >= this.#neededWaiting) this.release();
    else await Promise.race([this.#closed.promise, gone.promise]);
    this.#waiting -= 1;
  }

  /** Resolves when so many more bytes of a body may be sent. */
  async pass(bytes: number): Promise<void> {
    if (this.#unheldBytes < bytes) {
      this.hold();
      await this.#closed?.promise;
    }
    this.#unheldBytes -= bytes;
  }
}
