import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Holds bodies back until something else has happened: what a test needs to be true at some point of a transfer is then a fact,
 * however slow the machine is. Whatever holds them, `release` lets all of them go.
 */
export class OriginGate {
  /** Present while no body begins. */
  #start: PromiseWithResolvers<void> | undefined;
  /** They begin when so many of them wait at the same time. */
  #neededWaiting = Number.POSITIVE_INFINITY;
  #waiting = 0;
  /** Body bytes that are still sent. */
  #unheldBytes = Number.POSITIVE_INFINITY;
  #bytesPerSecond: number | undefined;
  #released = Promise.withResolvers<void>();

  /** No body begins. */
  hold(): void {
    this.#start ??= Promise.withResolvers();
  }

  /** Bodies begin when so many of them are asked for at the same time: with one connection each, when all members ask. */
  holdUntilAsked(bodies: number): void {
    this.hold();
    this.#neededWaiting = bodies;
  }

  /** At least so many further bytes of bodies are sent, and no more than the pieces in which they are written. */
  holdAfter(bytes: number): void {
    this.#unheldBytes = bytes;
  }

  /** Each body gets no more than so many bytes per second: it is not held, and yet not over. */
  trickle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  release(): void {
    this.#unheldBytes = Number.POSITIVE_INFINITY;
    this.#bytesPerSecond = undefined;
    this.#begin();
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  /** Resolves when a body may begin, or its client has gone. */
  async begin(response: ServerResponse): Promise<void> {
    if (this.#start === undefined) return;
    const gone = Promise.withResolvers<void>();
    if (response.destroyed) gone.resolve();
    else response.once('close', gone.resolve);
    this.#waiting += 1;
    if (this.#waiting >= this.#neededWaiting) this.#begin();
    else await Promise.race([this.#start.promise, gone.promise]);
    this.#waiting -= 1;
  }

  /** Resolves when so many more bytes of a body may be sent. */
  async pass(bytes: number): Promise<void> {
    if (this.#unheldBytes <= 0) await this.#released.promise;
    if (this.#bytesPerSecond === undefined) return;
    const turn = wait((bytes / this.#bytesPerSecond) * 1000, undefined, { ref: false });
    await Promise.race([turn, this.#released.promise]);
  }

  /** So many bytes of a body were sent. */
  sent(bytes: number): void {
    this.#unheldBytes -= bytes;
  }

  #begin(): void {
    this.#neededWaiting = Number.POSITIVE_INFINITY;
    this.#start?.resolve();
    this.#start = undefined;
  }
}
