import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { RateLimiter } from '../../src/origin/rate-limit.ts';
import { contentSlice } from './content.ts';
import { type ByteSource, type RangeAsked, rangeAsked, type SentRange, sendBody } from './origin-body.ts';

export { contentSha256, contentSlice } from './content.ts';

/** What goes wrong. Everything is off by default; each may be combined with the others. */
export interface OriginFaults {
  /** Faults touch only the first so many GETs of the path. Default: all. */
  readonly times?: number;
  /** Faults leave the first so many GETs of the path (the probe, say) alone. Default 0. */
  readonly after?: number;
  /** The body ends this many bytes early: cleanly when chunked, else by closing the connection. */
  readonly shortBody?: number;
  /** Answers 200 with the whole file to a range request. */
  readonly ignoreRange?: boolean;
  /** From GET number n + 1 on, the file has another strong ETag. */
  readonly changedEtagAfter?: number;
  /** Resets the connection after this many bytes of a body. */
  readonly resetAfterBytes?: number;
  /** Sends no more after this many bytes of a body, and keeps the connection open. */
  readonly stallAfterBytes?: number;
  /** Accepts the request and never answers. */
  readonly silent?: boolean;
  /** Sent as Retry-After with every status of 400 and above. */
  readonly retryAfter?: string;
  readonly redirectTo?: string;
  /** Default 302. */
  readonly redirectStatus?: number;
  /** Names a content coding that the body does not really have. */
  readonly contentEncoding?: string;
  /** In place of the right Content-Range; the body stays. An empty one is left out. */
  readonly wrongContentRange?: string;
  /** A range begins this many bytes before the one asked for, and says so. */
  readonly earlyStartBytes?: number;
  /** A range ends after at most this many bytes, and says so. */
  readonly capBytes?: number;
  /** Names `*` in place of the size. */
  readonly hideTotal?: boolean;
  /** 503 for requests beyond this many at once, over all paths. */
  readonly refuseAbove?: number;
  /** Answers with this status and no file. */
  readonly status?: number;
}

/** One file of the origin. */
export interface OriginFile {
  /** Made from a seed, of any size, or given. */
  readonly content: { readonly seed: string; readonly sizeBytes: number } | Buffer;
  /** Default true. */
  readonly ranges?: boolean;
  /** Whether full answers name their length; else they are chunked. Default true. */
  readonly length?: boolean;
  /** Default: a strong one. Null: none. */
  readonly etag?: string | null;
  /** Default: a date of long ago. Null: none. */
  readonly lastModified?: string | null;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Only GETs that carry these headers (lower-case names) are let in; others get a 401. */
  readonly requireHeaders?: Readonly<Record<string, string>>;
  readonly faults?: OriginFaults;
}

export interface OriginServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system's choice. */
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** By path, such as `/file.bin`. */
  readonly files: Readonly<Record<string, OriginFile>>;
  readonly ratePerConnection?: number;
  /** Shared by all connections of one client address: gives each member on 127.0.0.x a link of its own. */
  readonly ratePerClient?: number;
}

/** A GET that was answered, for tests to look at. */
export interface ServedRequest {
  readonly path: string;
  readonly client: string;
  /** The client's port: the same one means the same connection. */
  readonly clientPort: number;
  readonly headers: IncomingMessage['headers'];
  status: number;
  /** What was written of the body, as bytes of the file. */
  sent: SentRange | undefined;
}

/** Beyond this many requests only the counters go on. */
const MAX_REQUESTS_KEPT = 100_000;
const BURST_MS = 20;

/** A real HTTP server that serves files of known content, at limited rates, with faults on order. */
export async function startOrigin(options: OriginServerOptions): Promise<OriginServer> {
  const origin = new OriginServer(options);
  await origin.listen();
  return origin;
}

export class OriginServer implements AsyncDisposable {
  readonly #options: OriginServerOptions;
  readonly #server: Server;
  readonly #files: Map<string, OriginFile>;
  readonly #getsByPath = new Map<string, number>();
  readonly #links = new Map<string, RateLimiter>();
  readonly #connectionLinks = new WeakMap<object, RateLimiter>();
  #active = 0;
  /** Most requests that were answered at the same time. */
  peakActive = 0;
  readonly requests: ServedRequest[] = [];
  /** Body bytes written, by client address. */
  readonly bytesByClient = new Map<string, number>();

  constructor(options: OriginServerOptions) {
    this.#options = options;
    this.#files = new Map(Object.entries(options.files));
    const listener: RequestListener = (request, response) => this.#answer(request, response);
    this.#server =
      options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
    this.#server.keepAliveTimeout = 60_000;
  }

  async listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address of a path, or of the first file. */
  url(path: string = [...this.#files.keys()][0] ?? '/'): string {
    const { host = '127.0.0.1', tls } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${host}:${this.port}${path}`;
  }

  /** Adds or replaces a file while running. The number of its GETs goes on. */
  set(path: string, file: OriginFile): void {
    this.#files.set(path, file);
  }

  /** Body bytes written for a path, or for all. */
  servedBytes(path?: string): number {
    return this.#sent(path).reduce((sum, range) => sum + range.end - range.start, 0);
  }

  /** Body bytes of a path that were written more than once, counted each further time. */
  duplicateBytes(path?: string): number {
    let duplicates = 0;
    let coveredTo = 0;
    for (const { start, end } of this.#sent(path).sort((a, b) => a.start - b.start)) {
      duplicates += Math.max(0, Math.min(end, coveredTo) - start);
      coveredTo = Math.max(coveredTo, end);
    }
    return duplicates;
  }

  /** Closes every connection at once, as a crash would. The server goes on listening. */
  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  #sent(path: string | undefined): SentRange[] {
    return this.requests
      .filter((one) => path === undefined || one.path === path)
      .flatMap((one) => one.sent ?? []);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    const served: ServedRequest = {
      path,
      client: request.socket.remoteAddress ?? '',
      clientPort: request.socket.remotePort ?? 0,
      headers: request.headers,
      status: 0,
      sent: undefined,
    };
    if (this.requests.length < MAX_REQUESTS_KEPT) this.requests.push(served);
    const count = (this.#getsByPath.get(path) ?? 0) + 1;
    this.#getsByPath.set(path, count);
    this.#active += 1;
    this.peakActive = Math.max(this.peakActive, this.#active);
    response.once('close', () => {
      this.#active -= 1;
    });

    const file = this.#files.get(path);
    const faults = file === undefined ? {} : faultsOf(file, count);
    if (faults.silent === true) return;
    const status = this.#refusal(request, file, faults);
    if (file !== undefined && status === undefined) {
      this.#serve(request, response, file, faults, served, count);
      return;
    }
    served.status = status ?? 404;
    const headers: Record<string, string | string[]> = {};
    if (faults.retryAfter !== undefined && served.status >= 400) headers['retry-after'] = faults.retryAfter;
    if (faults.redirectTo !== undefined)
      Object.assign(headers, file?.headers, { location: faults.redirectTo });
    response.writeHead(served.status, headers).end(`status ${served.status}\n`);
  }

  /** The status of an answer without a file. */
  #refusal(request: IncomingMessage, file: OriginFile | undefined, faults: OriginFaults): number | undefined {
    if (file === undefined) return 404;
    if (faults.redirectTo !== undefined) return faults.redirectStatus ?? 302;
    if (faults.refuseAbove !== undefined && this.#active > faults.refuseAbove) return 503;
    if (faults.status !== undefined) return faults.status;
    const required = Object.entries(file.requireHeaders ?? {});
    if (required.some(([name, value]) => request.headers[name] !== value)) return 401;
    return request.method === 'GET' ? undefined : 405;
  }

  #serve(
    request: IncomingMessage,
    response: ServerResponse,
    file: OriginFile,
    faults: OriginFaults,
    served: ServedRequest,
    count: number,
  ): void {
    const { content } = file;
    const source: ByteSource =
      content instanceof Uint8Array
        ? { sizeBytes: content.length, slice: (start, end) => content.subarray(start, end) }
        : { sizeBytes: content.sizeBytes, slice: (start, end) => contentSlice(content.seed, start, end) };
    const obeys = file.ranges !== false && faults.ignoreRange !== true;
    const asked: RangeAsked = obeys ? rangeAsked(request.headers.range, source.sizeBytes) : 'whole';
    const changed = faults.changedEtagAfter !== undefined && count > faults.changedEtagAfter;
    const etag = changed ? '"changed"' : file.etag === undefined ? '"v1"' : file.etag;
    const modified = file.lastModified === undefined ? 'Tue, 02 Jan 2024 03:04:05 GMT' : file.lastModified;
    const headers: Record<string, string | string[]> = { 'content-type': 'application/octet-stream' };
    if (etag !== null) headers.etag = etag;
    if (modified !== null) headers['last-modified'] = modified;
    if (faults.contentEncoding !== undefined) headers['content-encoding'] = faults.contentEncoding;
    Object.assign(headers, file.headers);

    if (asked === 'unsatisfiable') {
      served.status = 416;
      response.writeHead(416, { ...headers, 'content-range': `bytes */${source.sizeBytes}` }).end();
      return;
    }
    let range: SentRange = { start: 0, end: source.sizeBytes };
    if (asked !== 'whole') {
      range = { start: Math.max(0, asked.start - (faults.earlyStartBytes ?? 0)), end: asked.end };
      if (faults.capBytes !== undefined)
        range = { ...range, end: Math.min(range.end, range.start + faults.capBytes) };
      const right = `bytes ${range.start}-${range.end - 1}/${faults.hideTotal === true ? '*' : source.sizeBytes}`;
      const contentRange = faults.wrongContentRange ?? right;
      if (contentRange !== '') headers['content-range'] = contentRange;
    }
    const partial = asked !== 'whole';
    if (partial || file.length !== false) headers['content-length'] = String(range.end - range.start);
    served.status = partial ? 206 : 200;
    served.sent = { start: range.start, end: range.start };
    response.setHeaders(new Map(Object.entries(headers)));
    response.writeHead(served.status);
    const record = (bytes: number) => {
      served.sent = { start: range.start, end: (served.sent?.end ?? range.start) + bytes };
      this.bytesByClient.set(served.client, (this.bytesByClient.get(served.client) ?? 0) + bytes);
    };
    void sendBody(response, source, range, faults, this.#limiters(request), record);
  }

  /** The links that a connection's bytes go through. */
  #limiters(request: IncomingMessage): RateLimiter[] {
    const { ratePerClient, ratePerConnection } = this.#options;
    const limiters: RateLimiter[] = [];
    if (ratePerClient !== undefined) {
      const client = request.socket.remoteAddress ?? '';
      const link = this.#links.get(client) ?? new RateLimiter(ratePerClient, { burstMs: BURST_MS });
      this.#links.set(client, link);
      limiters.push(link);
    }
    if (ratePerConnection !== undefined) {
      const link =
        this.#connectionLinks.get(request.socket) ??
        new RateLimiter(ratePerConnection, { burstMs: BURST_MS });
      this.#connectionLinks.set(request.socket, link);
      limiters.push(link);
    }
    return limiters;
  }
}

/** The faults that touch GET number `count` of a file. */
function faultsOf(file: OriginFile, count: number): OriginFaults {
  const { faults } = file;
  if (faults === undefined) return {};
  const from = faults.after ?? 0;
  return count > from && count <= from + (faults.times ?? Number.POSITIVE_INFINITY) ? faults : {};
}
