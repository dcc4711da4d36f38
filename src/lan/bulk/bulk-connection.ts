import type { Duplex } from 'node:stream';
import type { DownloadId } from '../../core/ids.ts';
import type { PieceRecord } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import type { ByteSink, SocketReader } from '../network/socket-reader.ts';
import { MAX_HEAD_BYTES, parseHead } from './bulk-head.ts';
import { ChunkSink, type OnChunk } from './chunk-sink.ts';

/** Bytes to pull from one member: at least one, at most 1 GiB, of at most 64 pieces. */
export interface PullOptions extends ByteRange {
  readonly download: DownloadId;
  /**
   * Bytes from `offset` on, in order, without a gap, at most 256 KiB. The memory is lent until the call returns, or
   * until the promise that it returns resolves. While four such promises are pending the connection is paused.
   */
  readonly onChunk: OnChunk;
  /** The records that came with the bytes, before the first of them. Their signatures are NOT checked. */
  readonly onRecords: (records: readonly PieceRecord[]) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a pull ended. `refused`: the member does not have the bytes, or its answer was malformed. `broken`: the
 * connection failed, the body was short, or nothing came for 10 s. `stopped`: the signal was aborted.
 */
export interface PullResult {
  readonly outcome: 'complete' | 'stopped' | 'broken' | 'refused';
  readonly message?: string | undefined;
}

/** A pull without a byte for this time is broken off. */
const STALL_MS = 10_000;

/** A request whose answer is awaited. */
interface Pending {
  readonly options: PullOptions;
  readonly finished: PromiseWithResolvers<PullResult | 'stale'>;
  body: ChunkSink | undefined;
}

/**
 * A connection on which this side sends requests, one at a time, and reads the answers. Node's HTTP client would copy
 * every byte twice more; here they are decrypted into the memory that goes to disk, which halves the work.
 */
export class BulkConnection implements ByteSink {
  readonly #socket: Duplex;
  readonly #head = Buffer.allocUnsafeSlow(MAX_HEAD_BYTES);
  #headBytes = 0;
  #pending: Pending | undefined;
  #used = false;
  #heard = false;
  #closed = false;

  constructor(socket: Duplex, reader: SocketReader) {
    this.#socket = socket;
    reader.sink = this;
    socket.on('error', () => {});
    socket.on('end', () => this.#close('the connection closed'));
    socket.on('close', () => this.#close('the connection closed'));
    socket.on('timeout', () => {
      if (this.#pending?.body?.heldBack !== true) this.#close('nothing came for 10 s');
    });
  }

  /** Whether another request may be sent. */
  get usable(): boolean {
    return !this.#closed && this.#pending === undefined;
  }

  /** `stale`: the connection was kept, and closed before it answered. Rejects only when a callback throws. */
  async pull(options: PullOptions): Promise<PullResult | 'stale'> {
    const { download, start, end, signal } = options;
    if (this.#closed) return 'stale';
    const pending: Pending = { options, finished: Promise.withResolvers(), body: undefined };
    this.#pending = pending;
    this.#heard = false;
    const stop = () => this.#settle(pending, { outcome: 'stopped' }, false);
    signal?.addEventListener('abort', stop);
    setSocketTimeout(this.#socket, STALL_MS);
    this.#socket.write(
      `GET /v1/downloads/${download} HTTP/1.1\r\nHost: member\r\nRange: bytes=${start}-${end - 1}\r\n\r\n`,
    );
    try {
      return await pending.finished.promise;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#used = true;
    }
  }

  /** Closes the connection; a pull on it breaks off. */
  destroy(): void {
    this.#close('the session has ended');
  }

  target(): Uint8Array {
    const body = this.#pending?.body;
    return body === undefined || body.complete ? this.#head.subarray(this.#headBytes) : body.target();
  }

  received(bytes: number): boolean {
    const pending = this.#pending;
    if (this.#closed) return false;
    if (pending?.body !== undefined) return this.#bodyReceived(pending, pending.body, bytes);
    if (pending === undefined) {
      this.#close('the member sent what was not asked for');
      return false;
    }
    this.#heard = true;
    const from = Math.max(0, this.#headBytes - 3);
    this.#headBytes += bytes;
    const blank = this.#head.subarray(0, this.#headBytes).indexOf('\r\n\r\n', from, 'latin1');
    if (blank !== -1) return this.#headReceived(pending, blank);
    if (this.#headBytes === MAX_HEAD_BYTES)
      this.#settle(pending, { outcome: 'refused', message: 'the head of the answer is too long' }, false);
    return true;
  }

  #headReceived(pending: Pending, blank: number): boolean {
    const { start, end, onChunk, onRecords } = pending.options;
    const head = parseHead(this.#head.toString('latin1', 0, blank), pending.options);
    let rest = this.#head.subarray(blank + 4, this.#headBytes);
    this.#headBytes = 0;
    if (head.kind === 'refused') {
      this.#settle(pending, { outcome: 'refused', message: head.message }, head.keep && rest.length === 0);
      return true;
    }
    try {
      onRecords(head.records);
    } catch (error) {
      this.#fail(pending, error);
      return false;
    }
    const body = new ChunkSink(start, end, onChunk, () => this.#socket.resume());
    pending.body = body;
    body.failed.catch((error) => this.#fail(pending, error));
    let goOn = true;
    while (rest.length > 0 && !body.complete) {
      const copied = rest.copy(body.target());
      rest = rest.subarray(copied);
      goOn = this.#bodyReceived(pending, body, copied);
    }
    if (rest.length > 0) this.#close('the member sent what was not asked for');
    return goOn;
  }

  #bodyReceived(pending: Pending, body: ChunkSink, bytes: number): boolean {
    if (body.complete) {
      this.#close('the member sent what was not asked for');
      return false;
    }
    const goOn = body.received(bytes);
    if (!body.complete) return goOn;
    body.finish().then(
      () => this.#settle(pending, { outcome: 'complete' }, true),
      () => {},
    );
    return true;
  }

  #settle(pending: Pending, result: PullResult | 'stale', keep: boolean): void {
    if (this.#pending !== pending) return;
    this.#pending = undefined;
    setSocketTimeout(this.#socket, 0);
    if (!keep) {
      pending.body?.abandon();
      this.#close('');
    }
    pending.finished.resolve(result);
  }

  #fail(pending: Pending, error: unknown): void {
    pending.finished.reject(error);
    this.#settle(pending, { outcome: 'broken' }, false);
  }

  #close(message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    const pending = this.#pending;
    if (pending === undefined) return;
    const { body } = pending;
    if (body === undefined) {
      const stale = this.#used && !this.#heard;
      this.#settle(pending, stale ? 'stale' : { outcome: 'broken', message }, false);
      return;
    }
    // Bytes that have arrived can be used, and so can a complete body.
    const result: PullResult = body.complete ? { outcome: 'complete' } : { outcome: 'broken', message };
    body.finish().then(
      () => this.#settle(pending, result, true),
      () => {},
    );
  }
}

/** Sockets have it, streams in general do not. */
function setSocketTimeout(socket: Duplex & { setTimeout?: (ms: number) => void }, ms: number): void {
  socket.setTimeout?.(ms);
}
