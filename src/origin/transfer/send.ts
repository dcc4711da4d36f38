import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { parseLength } from '../heads/content-range.ts';
import { type Connections, MAX_IDLE_CONNECTIONS } from '../network/connections.ts';
import { isBusy } from './failures.ts';

/** Bodies up to this many bytes are read to their end to keep the connection; larger ones are cut off. */
const SMALL_BODY_BYTES = 64 * 1024;
/** A small body that takes longer than this is cut off too. */
const SMALL_BODY_TIMEOUT_MS = 3000;

export interface Timeouts {
  /** From the request to an open connection (TLS included), in milliseconds. */
  readonly connectTimeoutMs: number;
  /** From there to the head of the answer, in milliseconds. */
  readonly headersTimeoutMs: number;
}

/** The head of an answer; its body has not been read. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** Address of this machine's end of the connection. */
  readonly localAddress: string | undefined;
}

/** A plain error with a code like those of Node's sockets. */
export function timeoutError(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

/**
 * Sends one GET and waits for the head of the answer. Redirects are not followed. Rejects with the error of the socket,
 * with `ETIMEDOUT`, or with the signal's reason. When the connection was an old one that the origin had just
 * closed, the request is sent once more on a new one.
 */
export async function send(
  connections: Connections,
  url: URL,
  headers: OutgoingHttpHeaders,
  timeouts: Timeouts,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const request = connections.request(url, { headers, method: 'GET', insecureHTTPParser: false });
    try {
      return await head(request, url, timeouts, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const stale = request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
      // Each attempt uses up one kept connection; when all of them are dead, the next attempt opens a new one.
      if (!stale || attempt > MAX_IDLE_CONNECTIONS) throw error;
    }
  }
}

function head(
  request: ClientRequest,
  url: URL,
  timeouts: Timeouts,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => request.destroy(error);
    // Making an error walks the whole stack: too slow for every request that succeeds.
    const failAfter = (ms: number, why: string) => setTimeout(() => fail(timeoutError(why)), ms);
    let timer = failAfter(timeouts.connectTimeoutMs, 'no connection in time');
    const connected = () => {
      clearTimeout(timer);
      timer = failAfter(timeouts.headersTimeoutMs, 'no answer in time');
    };
    const abort = () => fail(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    const settled = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    request.once('socket', (socket: Socket) => {
      // Connections are handed over once they are open; TLS with the origin comes after that.
      if (request.reusedSocket || url.protocol === 'http:') connected();
      else socket.once('secureConnect', connected);
    });
    request.once('error', (error) => {
      settled();
      reject(error);
      // Later errors, such as a reset after an answer that was given up, have no receiver.
      request.on('error', () => {});
    });
    // Some ends come without an error, such as that of a connection the origin wanted to use for another protocol.
    const closed = () => {
      settled();
      reject(Object.assign(new Error('closed without an answer'), { code: 'ECONNRESET' }));
    };
    request.once('close', closed);
    request.once('response', (response) => {
      settled();
      request.off('close', closed);
      response.on('error', () => {});
      resolve({
        url,
        status: response.statusCode ?? 0,
        request,
        response,
        localAddress: response.socket.localAddress,
      });
    });
    request.end();
  });
}

/**
 * Discards a body. Resolves when the connection is free again or closed; never rejects. A connection on which a server
 * has said that it is too busy is closed: it may be the one beyond the server's limit for as long as it is kept.
 */
export function discard(answer: Answer): Promise<void> {
  const { request, response } = answer;
  return new Promise((resolve) => {
    request.once('close', resolve);
    const length = parseLength(response.headers['content-length']);
    const isLong =
      length === undefined ? response.headers['transfer-encoding'] === undefined : length > SMALL_BODY_BYTES;
    if (request.closed) resolve();
    else if (isLong || isBusy(answer.status)) request.destroy();
    else {
      const timer = setTimeout(() => request.destroy(), SMALL_BODY_TIMEOUT_MS);
      request.once('close', () => clearTimeout(timer));
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > SMALL_BODY_BYTES) request.destroy();
      });
    }
  });
}
