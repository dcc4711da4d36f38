import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DownloadId } from '../core/ids.ts';
import type { PieceRecord } from '../core/messages.ts';
import type { ByteRange } from '../core/ranges.ts';
import { ChunkJoiner } from './chunk-joiner.ts';
import { decodeRecordsHeader, RECORDS_HEADER } from './records-header.ts';

/** Bytes to get from one member. */
export interface PullOptions extends ByteRange {
  readonly download: DownloadId;
  /**
   * Bytes from `offset` on, in order, without a gap. The receiver owns the chunk (at most 256 KiB). While a promise
   * that it gave is open, up to a few chunks more may come, then the connection is held back.
   */
  onChunk(chunk: Uint8Array, offset: number): void | Promise<void>;
  /** The records that came with the bytes, before the first of them. Their signatures are NOT checked. */
  onRecords(records: readonly PieceRecord[]): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a pull ended. `refused`: the member does not have it, or answered rubbish. `broken`: the connection failed, the
 * body was short, or nothing came for 10 s. `stopped`: the signal was aborted.
 */
export interface PullResult {
  readonly outcome: 'complete' | 'stopped' | 'broken' | 'refused';
  readonly message?: string | undefined;
}

/** Connections to one member at most. */
export const MAX_BULK_CONNECTIONS = 4;
/** A pull that hears nothing for this long is broken off. */
const STALL_MS = 10_000;

/** Pulls bytes from one member, over a few connections that are kept. */
export class BulkPool {
  readonly #agent: Agent;
  readonly #closed = new AbortController();

  /** `connect` opens a connection on which the member answers requests. */
  constructor(connect: (signal: AbortSignal) => Promise<Duplex>) {
    this.#agent = new PoolAgent(() => connect(this.#closed.signal));
  }

  /** Never rejects, unless a callback throws. */
  async pull(options: PullOptions): Promise<PullResult> {
    const { signal } = options;
    for (let retry = true; ; retry = false) {
      if (signal?.aborted) return { outcome: 'stopped' };
      if (this.#closed.signal.aborted) return { outcome: 'broken', message: 'the session has ended' };
      const attempt = new PullAttempt(options, this.#agent);
      const stop = () => attempt.end({ outcome: 'stopped' });
      signal?.addEventListener('abort', stop);
      const result = await attempt.finished.finally(() => signal?.removeEventListener('abort', stop));
      // A kept connection may close just as it is used again (RFC 9112, 9.3.1): that is worth one more try.
      if (result === 'stale' && retry) continue;
      return result === 'stale' ? { outcome: 'broken', message: 'the connection closed' } : result;
    }
  }

  /** Breaks off all pulls and closes the connections. */
  close(): void {
    this.#closed.abort();
    this.#agent.destroy();
  }
}

class PoolAgent extends Agent {
  readonly #connect: () => Promise<Duplex>;

  constructor(connect: () => Promise<Duplex>) {
    super({
      keepAlive: true,
      maxSockets: MAX_BULK_CONNECTIONS,
      maxFreeSockets: MAX_BULK_CONNECTIONS,
      scheduling: 'lifo',
    });
    this.#connect = connect;
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#connect().then(
      (socket) => callback?.(null, socket),
      (error) => callback?.(error instanceof Error ? error : new Error(String(error)), undefined as never),
    );
  }
}

/** One request and its answer. */
class PullAttempt {
  readonly #options: PullOptions;
  readonly #request: ClientRequest;
  readonly #finished = Promise.withResolvers<PullResult | 'stale'>();
  #answered = false;
  #ended = false;

  constructor(options: PullOptions, agent: Agent) {
    this.#options = options;
    this.#request = httpRequest({
      agent,
      host: 'member',
      path: `/v1/downloads/${options.download}`,
      headers: { Range: `bytes=${options.start}-${options.end - 1}` },
      maxHeaderSize: 32_768,
      timeout: STALL_MS,
    });
    this.#request.on('timeout', () => this.end({ outcome: 'broken', message: 'nothing came for 10 s' }));
    this.#request.on('error', (error) => {
      const stale = this.#request.reusedSocket && !this.#answered;
      this.#settle(stale ? 'stale' : { outcome: 'broken', message: error.message });
    });
    this.#request.on('response', (response) => this.#onResponse(response));
    this.#request.end();
  }

  get finished(): Promise<PullResult | 'stale'> {
    return this.#finished.promise;
  }

  /** Ends before the end: the connection is of no further use. */
  end(result: PullResult): void {
    this.#settle(result);
    this.#request.destroy();
  }

  #settle(result: PullResult | 'stale'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#finished.resolve(result);
  }

  #onResponse(response: IncomingMessage): void {
    this.#answered = true;
    const { start, end, onChunk, onRecords } = this.#options;
    // A close follows, which tells the same.
    response.on('error', () => {});
    if (response.statusCode !== 206) {
      this.#settle({ outcome: 'refused', message: `the member answered ${response.statusCode}` });
      // A refusal has no body: the connection can be kept.
      if (response.headers['content-length'] === '0') response.resume();
      else this.#request.destroy();
      return;
    }
    try {
      checkRange(response, start, end);
      onRecords(decodeRecordsHeader(response.headers[RECORDS_HEADER]));
    } catch (error) {
      this.end({ outcome: 'refused', message: (error as Error).message });
      return;
    }
    const joiner = new ChunkJoiner(start, end, onChunk, {
      pause: () => response.pause(),
      resume: () => response.resume(),
    });
    response.on('data', (bytes: Buffer) => {
      if (this.#ended) joiner.abandon();
      else joiner.add(bytes);
    });
    response.on('close', () => {
      if (this.#ended) {
        joiner.abandon();
        return;
      }
      const result: PullResult = joiner.complete
        ? { outcome: 'complete' }
        : { outcome: 'broken', message: 'the answer was cut short' };
      joiner.finish().then(() => this.#settle(result), this.#finished.reject);
    });
    joiner.failed.catch((error) => {
      this.#finished.reject(error);
      this.end({ outcome: 'broken' });
    });
  }
}

function checkRange(response: IncomingMessage, start: number, end: number): void {
  const range = /^bytes (\d+)-(\d+)\/(?:\*|\d+)$/.exec(response.headers['content-range'] ?? '');
  if (range === null || Number(range[1]) !== start || Number(range[2]) !== end - 1)
    throw new Error('the member answered with another range');
  if (response.headers['content-length'] !== String(end - start))
    throw new Error('the member answered with another length');
}
