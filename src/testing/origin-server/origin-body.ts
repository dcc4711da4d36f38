import type { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { Answer } from './origin-answer.ts';
import type { OriginFaults } from './origin-faults.ts';
import type { OriginGate } from './origin-gate.ts';
import type { Sink } from './origin-sink.ts';
import type { SendWindow } from './origin-window.ts';

const MAX_CHUNK_BYTES = 256 * 1024;
const MIN_CHUNK_BYTES = 1448;

/** What the bytes of a body go through. */
export interface BodyPath {
  readonly limiters: readonly RateLimiter[];
  readonly window: SendWindow | undefined;
  readonly gate: OriginGate | undefined;
  /** Called with each number of bytes of the file written. */
  readonly record: (bytes: number) => void;
}

/**
 * Writes the body of an answer, through the links in turn, and does at its place what the faults say. Never rejects: a client
 * that goes away ends it.
 */
export async function sendBody(
  sink: Sink,
  answer: Answer,
  faults: OriginFaults,
  { limiters, window, gate, record }: BodyPath,
): Promise<void> {
  const { source, range, before, after, text } = answer;
  if (source === undefined || range === undefined) {
    if (text !== undefined) await sink.write(Buffer.from(text));
    sink.end();
    return;
  }
  const { shortBody = 0, resetAfterBytes, stallAfterBytes } = faults;
  const cut =
    range.start +
    Math.min(resetAfterBytes ?? Number.POSITIVE_INFINITY, stallAfterBytes ?? Number.POSITIVE_INFINITY);
  const end = Math.max(range.start, Math.min(range.end - shortBody, cut));
  const chunkBytes = chunkFor(limiters);
  if (before !== undefined && before.length > 0) await sink.write(before);
  for (let at = range.start; at < end; ) {
    const bytes = Math.min(chunkBytes, end - at);
    for (const limiter of limiters) await limiter.take(bytes);
    await window?.take(bytes, () => sink.isGone);
    await gate?.pass(bytes);
    if (sink.isGone) return;
    record(bytes);
    await sink.write(source.slice(at, at + bytes));
    if (sink.isGone) return;
    at += bytes;
  }
  if (stallAfterBytes !== undefined && end === cut) return;
  if (resetAfterBytes !== undefined && end === cut) {
    reset(sink);
    return;
  }
  if (after !== undefined && after.length > 0 && shortBody === 0) await sink.write(after);
  const { 'content-length': length } = answer.headers;
  const isLie = length !== undefined && (shortBody > 0 || (faults.lieLengthBytes ?? 0) !== 0);
  // The client waits for what was promised: only the end of the connection tells it.
  if (isLie) sink.socket?.end();
  else sink.end();
}

/** Fifty writes a second look like a link to the receiver; larger ones would come in gusts. */
function chunkFor(limiters: readonly RateLimiter[]): number {
  const rate = Math.min(...limiters.map((limiter) => limiter.bytesPerSecond ?? Number.POSITIVE_INFINITY));
  return Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, Math.floor(rate / 50)));
}

/** What was written has to leave first: a reset throws away what is still queued. */
function reset({ socket }: Sink): void {
  if (socket === null) return;
  socket.write('', () => setImmediate(() => socket.resetAndDestroy()));
}
