import type { ServerResponse } from 'node:http';
import type { RateLimiter } from '../../src/origin/rate-limit.ts';
import type { OriginFaults } from './origin-server.ts';

/** Where the bytes of a file come from. */
export interface ByteSource {
  readonly sizeBytes: number;
  slice(start: number, end: number): Buffer;
}

export interface SentRange {
  readonly start: number;
  readonly end: number;
}

export type RangeAsked = 'whole' | 'unsatisfiable' | SentRange;

const MAX_CHUNK_BYTES = 256 * 1024;
const MIN_CHUNK_BYTES = 1448;

/** A single range of a Range header (RFC 9110 HTTP Semantics, 14.2); anything else asks for the whole file. */
export function rangeAsked(header: string | undefined, sizeBytes: number): RangeAsked {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return 'whole';
  const start = Number(match[1]);
  const end = match[2] === '' ? sizeBytes : Math.min(Number(match[2]) + 1, sizeBytes);
  return start < end ? { start, end } : 'unsatisfiable';
}

/**
 * Writes the bytes of a range, through the links in turn, and does at its place what the faults say. Calls `record`
 * with each number of bytes written. Never rejects: a client that goes away ends it.
 */
export async function sendBody(
  response: ServerResponse,
  source: ByteSource,
  range: SentRange,
  faults: OriginFaults,
  limiters: readonly RateLimiter[],
  record: (bytes: number) => void,
): Promise<void> {
  const { shortBody = 0, resetAfterBytes, stallAfterBytes } = faults;
  const whole = range.end - shortBody;
  const cut =
    range.start +
    Math.min(resetAfterBytes ?? Number.POSITIVE_INFINITY, stallAfterBytes ?? Number.POSITIVE_INFINITY);
  const end = Math.max(range.start, Math.min(whole, cut));
  const rate = Math.min(...limiters.map((limiter) => limiter.bytesPerSecond ?? Number.POSITIVE_INFINITY));
  // Fifty writes a second look like a link to the receiver; larger ones would come in gusts.
  const chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, Math.floor(rate / 50)));
  response.flushHeaders();
  for (let at = range.start; at < end; ) {
    const bytes = Math.min(chunkBytes, end - at);
    for (const limiter of limiters) await limiter.take(bytes);
    if (response.destroyed) return;
    record(bytes);
    if (!response.write(source.slice(at, at + bytes))) await drained(response);
    if (response.destroyed) return;
    at += bytes;
  }
  if (stallAfterBytes !== undefined && end === cut) return;
  if (resetAfterBytes !== undefined && end === cut) {
    // What was written has to leave first: a reset throws away what is still queued.
    response.write('', () => setImmediate(() => response.socket?.resetAndDestroy()));
  } else if (shortBody > 0 && response.hasHeader('content-length')) {
    response.socket?.end();
  } else {
    response.end();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
