import type { BulkConnection, PullOptions, PullResult } from './bulk-connection.ts';

/** Connections to one member at most. */
export const MAX_BULK_CONNECTIONS = 4;

/** Pulls bytes from one member over a few kept connections. Further pulls wait for their turn. */
export class BulkPool {
  readonly #connect: (signal: AbortSignal) => Promise<BulkConnection>;
  readonly #closed = new AbortController();
  readonly #all = new Set<BulkConnection>();
  readonly #idle: BulkConnection[] = [];
  #free = MAX_BULK_CONNECTIONS;
  readonly #queue: (() => void)[] = [];

  /** `connect` opens a connection on which the member answers requests. */
  constructor(connect: (signal: AbortSignal) => Promise<BulkConnection>) {
    this.#connect = connect;
  }

  /** Rejects only when a callback throws. */
  async pull(options: PullOptions): Promise<PullResult> {
    const { signal } = options;
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      for (let retry = true; ; retry = false) {
        if (signal?.aborted) return { outcome: 'stopped' };
        if (this.#closed.signal.aborted) return { outcome: 'broken', message: 'the session has ended' };
        const connection = await this.#take(signal);
        if ('outcome' in connection) return connection;
        const result = await connection.pull(options).finally(() => this.#putBack(connection));
        // A kept connection may close just as it is used again (RFC 9112, 9.3.1): that is worth one more try.
        if (result === 'stale' && retry) continue;
        return result === 'stale' ? { outcome: 'broken', message: 'the connection closed' } : result;
      }
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** Breaks off all pulls and closes the connections. */
  close(): void {
    this.#closed.abort();
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
  }

  /** An idle connection or a new one. */
  async #take(signal: AbortSignal | undefined): Promise<BulkConnection | PullResult> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.usable) return idle;
      this.#all.delete(idle);
    }
    const { promise: stopped, resolve: stop } = Promise.withResolvers<PullResult>();
    const onAbort = () => stop({ outcome: 'stopped' });
    signal?.addEventListener('abort', onAbort, { once: true });
    const opened = this.#open();
    try {
      return await Promise.race([opened, stopped]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      // A connection whose pull was stopped before it opened serves the next one.
      if (signal?.aborted)
        void opened.then((connection) => 'outcome' in connection || this.#putBack(connection));
    }
  }

  async #open(): Promise<BulkConnection | PullResult> {
    try {
      const connection = await this.#connect(this.#closed.signal);
      if (this.#closed.signal.aborted) connection.destroy();
      this.#all.add(connection);
      return connection;
    } catch (error) {
      return { outcome: 'broken', message: error instanceof Error ? error.message : String(error) };
    }
  }

  #putBack(connection: BulkConnection): void {
    if (connection.usable) this.#idle.push(connection);
    else this.#all.delete(connection);
  }
}
