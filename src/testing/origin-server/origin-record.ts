import type { IncomingMessage } from 'node:http';

/** Bytes of a file, `end` not included. */
export interface SentRange {
  readonly start: number;
  readonly end: number;
}

/** A request that was answered, for tests to look at. */
export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  /** What followed the path, with its `?`. */
  readonly query: string;
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

/** What an origin was asked for and what it sent. */
export class OriginRecord {
  readonly requests: ServedRequest[] = [];
  /** Body bytes written, by client address. */
  readonly bytesByClient = new Map<string, number>();
  #active = 0;
  /** Most requests that were answered at the same time. */
  peakActive = 0;

  /** Requests that are being answered now. */
  get active(): number {
    return this.#active;
  }

  begin(request: IncomingMessage): ServedRequest {
    const [, path = '/', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(request.url ?? '/') ?? [];
    const served: ServedRequest = {
      method: request.method ?? '',
      path,
      query,
      client: request.socket.remoteAddress ?? '',
      clientPort: request.socket.remotePort ?? 0,
      headers: request.headers,
      status: 0,
      sent: undefined,
    };
    if (this.requests.length < MAX_REQUESTS_KEPT) this.requests.push(served);
    this.#active += 1;
    this.peakActive = Math.max(this.peakActive, this.#active);
    return served;
  }

  end(): void {
    this.#active -= 1;
  }

  /** More bytes of a request's body were written: those that follow what was written before. */
  sent(served: ServedRequest, start: number, bytes: number): void {
    served.sent = { start: served.sent?.start ?? start, end: (served.sent?.end ?? start) + bytes };
    this.bytesByClient.set(served.client, (this.bytesByClient.get(served.client) ?? 0) + bytes);
  }

  /** Body bytes written for a path, or for all. */
  servedBytes(path?: string): number {
    return this.#ranges(path).reduce((sum, range) => sum + range.end - range.start, 0);
  }

  /** Body bytes of a path that were written more than once, counted each further time. */
  duplicateBytes(path?: string): number {
    let duplicates = 0;
    let coveredTo = 0;
    for (const { start, end } of this.#ranges(path).sort((a, b) => a.start - b.start)) {
      duplicates += Math.max(0, Math.min(end, coveredTo) - start);
      coveredTo = Math.max(coveredTo, end);
    }
    return duplicates;
  }

  #ranges(path: string | undefined): SentRange[] {
    return this.requests
      .filter((one) => path === undefined || one.path === path)
      .flatMap((one) => one.sent ?? []);
  }
}
