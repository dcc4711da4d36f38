import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DownloadId, MemberId } from '../../core/ids.ts';
import type { PieceRecord } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { BLOCK_BYTES, giveBlock, takeBlock } from './blocks.ts';
import { encodeRecordsHeader, RECORDS_HEADER } from './records-header.ts';

/** A request of a member for bytes of a download. Neither id nor range is checked yet. */
export interface ServeRequest extends ByteRange {
  readonly peer: MemberId;
  readonly download: DownloadId;
}

/** The bytes that answer a pull. */
export interface ServedBytes {
  /** Records of the pieces that the range touches: at most 64. */
  readonly records: readonly PieceRecord[];
  /** Fills all of `target` with the bytes of the file from `offset` on; rejects when it cannot. */
  read(target: Uint8Array, offset: number): Promise<void>;
  /** Called once, when no more bytes will be read. */
  release?(): void;
}

/**
 * Gives the bytes of a range, or undefined when this member does not hold all of them. `gone` is aborted when nobody waits for
 * the answer any more.
 */
export type Serve = (
  request: ServeRequest,
  gone: AbortSignal,
) => ServedBytes | undefined | Promise<ServedBytes | undefined>;

/** The protocol name in `Upgrade` by which a connection is reversed. */
export const REVERSE_PROTOCOL = 'dragonload-reverse';
/** Path of the request that reverses a connection. */
export const REVERSE_PATH = '/v1/reverse';
/** One pull asks for at most this many bytes: 64 pieces of the largest size. */
export const MAX_PULL_BYTES = 2 ** 30;
/** A connection without a request is closed after this time. */
const IDLE_MS = 60_000;

/** Longest time for a member to take a block (256 KiB), in milliseconds: few uploads run at once, and others wait. */
const BLOCK_MS = 30_000;

export interface BulkServerOptions {
  readonly serve: Serve;
  /** Default 30 s. */
  readonly blockMs?: number;
  /** A member has dialled back: this side now sends requests on the connection. False: it was not asked to. */
  onReversed(peer: MemberId, socket: Duplex): boolean;
}

/** Answers range requests of admitted members on the connections that are handed to it. */
export class BulkServer {
  readonly #options: BulkServerOptions;
  readonly #http: Server;
  readonly #peers = new WeakMap<Duplex, MemberId>();

  constructor(options: BulkServerOptions) {
    this.#options = options;
    this.#http = createServer(
      { keepAlive: true, keepAliveTimeout: IDLE_MS, maxHeaderSize: 16_384 },
      (request, response) => {
        this.#answer(request, response).catch(() => response.destroy());
      },
    );
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Serves an admitted member on this connection from now on. */
  adopt(socket: Duplex, peer: MemberId): void {
    this.#peers.set(socket, peer);
    this.#http.emit('connection', socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const peer = this.#peers.get(request.socket);
    const download = /^\/v1\/downloads\/([0-9a-f]{32})$/.exec(request.url ?? '')?.[1];
    if (peer === undefined || download === undefined) {
      empty(response, 404);
      return;
    }
    if (request.method !== 'GET') {
      empty(response, 405);
      return;
    }
    const range = parseRange(request.headers.range);
    if (range === undefined) {
      empty(response, 416);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const served = await this.#options.serve({ peer, download, ...range }, gone.signal);
    if (served === undefined) {
      empty(response, 404);
      return;
    }
    try {
      if (response.destroyed) return;
      response.writeHead(206, {
        'Content-Type': 'application/octet-stream',
        'Content-Length': range.end - range.start,
        'Content-Range': `bytes ${range.start}-${range.end - 1}/*`,
        [RECORDS_HEADER]: encodeRecordsHeader(served.records),
      });
      await this.#writeBody(response, served, range);
    } finally {
      served.release?.();
    }
  }

  /** Reads one block ahead of the one that is being written. */
  async #writeBody(response: ServerResponse, served: ServedBytes, { start, end }: ByteRange): Promise<void> {
    const blocks = [takeBlock(), takeBlock()];
    let written: Promise<void> = Promise.resolve();
    try {
      for (let offset = start, turn = 0; offset < end; turn ^= 1) {
        const block = blocks[turn]!.subarray(0, Math.min(BLOCK_BYTES, end - offset));
        await served.read(block, offset);
        await written;
        written = write(response, block, this.#options.blockMs ?? BLOCK_MS);
        // The read is awaited one block later; until then a failure must not count as unhandled.
        written.catch(() => {});
        offset += block.length;
      }
      await written;
      response.end();
    } finally {
      // A block may be used again only when the socket is done with it.
      written.then(
        () => blocks.forEach(giveBlock),
        () => {},
      );
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const peer = this.#peers.get(request.socket);
    const asked =
      request.method === 'POST' &&
      request.url === REVERSE_PATH &&
      request.headers.upgrade === REVERSE_PROTOCOL;
    if (peer === undefined || !asked || head.length > 0) {
      refuse(socket);
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${REVERSE_PROTOCOL}\r\n\r\n`,
    );
    if (!this.#options.onReversed(peer, socket)) socket.destroy();
  }
}

function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [start, end] = [Number(match[1]), Number(match[2]) + 1];
  return start < end && end - start <= MAX_PULL_BYTES ? { start, end } : undefined;
}

function write(response: ServerResponse, block: Buffer, limitMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('the member reads too slowly')), limitMs);
  response.write(block, (error) => {
    clearTimeout(timer);
    if (error) reject(error);
    else resolve();
  });
  return promise;
}

function empty(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 }).end();
}

function refuse(socket: Duplex): void {
  socket.end('HTTP/1.1 409 Conflict\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
