import { type CodingName, decoded } from '../heads/coding.ts';
import type { Meter } from '../limits/meter.ts';
import { type Body, readBody } from '../network/body.ts';
import type { Answer } from './send.ts';

/** The bytes wanted. `end` is read at each chunk: lowering it trims a transfer that is under way. */
export interface LiveRange {
  readonly start: number;
  /** Undefined: to the end of the file. */
  readonly end: number | undefined;
}

export interface ReceiveOptions {
  /** Offset in the file of the first byte of the body, at most `range.start`. */
  readonly firstByte: number;
  /** Offset in the file where the body has to end. Nothing beyond is handed over. */
  readonly bodyEnd: number | undefined;
  /** The coding to decode to get the bytes of the file from the body. */
  readonly coding?: CodingName | undefined;
  readonly range: LiveRange;
  /**
   * Gets the wanted bytes in order. They are lent until it returns or, if it returns a promise, until that is settled;
   * the connection is paused meanwhile.
   */
  readonly onChunk: (chunk: Buffer) => Promise<void> | undefined;
  readonly limiter: Meter | undefined;
  /** With no byte for this long, the connection is given up. Time spent waiting for `onChunk` does not count. */
  readonly stallTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Received {
  /**
   * `end`: all wanted bytes have arrived. `eof`: the body ended in order before that. `long`: it went on after its
   * stated end, which is before that. `stopped`: by the signal.
   */
  readonly how: 'end' | 'eof' | 'long' | 'stopped' | 'stalled' | 'broken';
  /** Bytes handed over. */
  readonly receivedBytes: number;
  readonly error: Error | undefined;
}

/**
 * Reads the body of an answer and hands over the bytes of the range, not one more. Resolves when the last `onChunk` has
 * resolved and the connection is free or closed; unless it was stopped, also not before the rate limit has let the last
 * bytes pass, so that many small transfers keep the limit too. Rejects only with what `onChunk` threw.
 */
export function receive(answer: Answer, options: ReceiveOptions): Promise<Received> {
  const { request, response } = answer;
  const { range, onChunk, limiter, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const bodyEnd = options.bodyEnd ?? Number.POSITIVE_INFINITY;
  const plain = options.coding === undefined ? undefined : decoded(response, options.coding);
  let position = options.firstByte;
  let receivedBytes = 0;
  let how: Received['how'] | undefined;
  let error: Error | undefined;
  let thrown: { readonly value: unknown } | undefined;
  /** Pending promises that pause the transfer, and events that must come before it is over. */
  let waiting = 0;
  let closing = plain === undefined ? 2 : 3;
  /** Aborted when nothing more is wanted, which ends waiting for the rate limit. A complete transfer still waits. */
  const unlimited = new AbortController();

  const giveUp = (reason: Received['how']) => {
    how ??= reason;
    request.destroy();
    plain?.destroy();
  };
  const fail = (value: unknown) => {
    thrown ??= { value };
    giveUp('broken');
    unlimited.abort();
  };
  const timer = setTimeout(() => {
    if (waiting === 0) giveUp('stalled');
    else timer.refresh();
  }, options.stallTimeoutMs);
  const abort = () => {
    giveUp('stopped');
    unlimited.abort();
  };

  const settle = () => {
    if (closing > 0 || waiting > 0) return;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    if (thrown !== undefined) reject(thrown.value);
    else resolve({ how: how ?? 'broken', receivedBytes, error });
  };
  const closed = () => {
    closing -= 1;
    settle();
  };
  const goOn = () => {
    waiting -= 1;
    if (waiting > 0) return;
    timer.refresh();
    body.resume();
    settle();
  };
  const hold = (until: Promise<void> | undefined) => {
    if (until === undefined) return;
    waiting += 1;
    body.pause();
    until.then(goOn, (value: unknown) => {
      fail(value);
      goOn();
    });
  };

  const take = (chunk: Buffer) => {
    timer.refresh();
    if (how !== undefined) return;
    // Bytes after the end that the answer stated do not belong to the file, even if more is wanted.
    const end = Math.min(range.end ?? Number.POSITIVE_INFINITY, bodyEnd);
    const from = Math.max(range.start - position, 0);
    const to = Math.min(end - position, chunk.length);
    position += chunk.length;
    if (from < to) {
      const bytes = from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to);
      receivedBytes += bytes.length;
      try {
        hold(onChunk(bytes));
      } catch (value) {
        return fail(value);
      }
    }
    if (limiter !== undefined) hold(limiter.take(chunk.length, unlimited.signal));
    if (position < end) return;
    // When the body has no more bytes the connection can serve the next request, and the end of the body gives the
    // result.
    if (position === bodyEnd && range.end !== bodyEnd) return;
    how = position > bodyEnd && range.end !== end ? 'long' : 'end';
    if (position !== bodyEnd || plain !== undefined) giveUp(how);
  };
  const body: Body = plain?.on('data', take) ?? readBody(request, response, take);
  (plain ?? response).once('end', () => {
    const isEnough = range.end !== undefined && position >= range.end;
    how ??= !response.complete ? 'broken' : isEnough ? 'end' : 'eof';
  });
  for (const part of [response, ...(plain === undefined ? [] : [plain])]) {
    part.on('error', (cause: Error) => {
      error ??= cause;
    });
  }
  // After a decoding error the rest of the body is useless.
  plain?.once('error', () => giveUp('broken'));
  // The origin may have broken off right after it sent the head: those events have fired already.
  for (const part of [response, request, ...(plain === undefined ? [] : [plain])]) {
    if (part.closed) queueMicrotask(closed);
    else part.once('close', closed);
  }
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  return promise;
}
