import type { OriginOutcome } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { Judgement } from '../heads/judge.ts';
import type { LiveRange, Received } from './receive.ts';

/** The least that an origin has to send at a time for its shorter parts to be put together. */
const MIN_CAPPED_BYTES = 64 * 1024;

export interface OriginResult {
  readonly outcome: OriginOutcome;
  /** What the origin asked for with Retry-After: 0 to one hour. */
  readonly retryAfterMs?: number | undefined;
  /** Why it did not go well, for people. */
  readonly message?: string | undefined;
  /** With `refused` and `expired`, as far as there is more to say than the message: its code and the next step. */
  readonly error?: DragonloadError | undefined;
  /** Bytes handed over: those from `range.start` on, without a gap. */
  readonly receivedBytes: number;
  readonly localAddress?: string | undefined;
  /** The file's size as far as this answer told or as its end showed. */
  readonly sizeBytes?: number | undefined;
}

export type BodyJudgement = Extract<Judgement, { kind: 'body' }>;

/**
 * What is still to be asked for when the origin sent, in order, a shorter part than it was asked for: some cap the
 * length of an answer. Parts that are tiny are not worth going on with.
 */
export function restOf(received: Received, body: BodyJudgement, range: LiveRange): LiveRange | undefined {
  const { how, receivedBytes } = received;
  const start = range.start + receivedBytes;
  if (!body.partial || (how !== 'eof' && how !== 'long')) return undefined;
  if (start !== body.bodyEnd || start === body.totalBytes || receivedBytes < MIN_CAPPED_BYTES)
    return undefined;
  return rangeFrom(start, range);
}

/** The same range from a later start on; its end stays live. */
export function rangeFrom(start: number, range: LiveRange): LiveRange {
  return {
    start,
    get end() {
      return range.end;
    },
  };
}

/** How a transfer ended, from how its body ended and how much was wanted. */
export function outcomeOf(
  { how, receivedBytes, error }: Received,
  body: BodyJudgement,
  range: LiveRange,
  identity: FileIdentity,
): OriginResult {
  const total = body.totalBytes ?? identity.sizeBytes;
  const reached = range.start + receivedBytes;
  const result = { receivedBytes, sizeBytes: body.totalBytes };
  switch (how) {
    case 'end':
      return { ...result, outcome: 'complete' };
    case 'stopped':
      return { ...result, outcome: 'stopped' };
    case 'stalled':
      return { ...result, outcome: 'broken', message: 'The origin stopped sending.' };
    case 'broken': {
      const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
      return {
        ...result,
        outcome: 'broken',
        message: `The origin broke off${code === '' ? '' : ` (${code})`}.`,
      };
    }
    case 'long':
      return body.partial
        ? { ...result, outcome: 'broken', message: 'The origin sent more than it had said.' }
        : { ...result, ...changed(`The file at the origin has changed: it is longer than ${total} bytes.`) };
    case 'eof':
      if (reached === total) return { ...result, outcome: 'complete', sizeBytes: total };
      // A whole body that ends in order where nothing was known of the length is how a stream tells it.
      if (total === undefined && !body.partial) return { ...result, outcome: 'complete', sizeBytes: reached };
      return { ...result, outcome: 'broken', message: 'The origin sent less than it was asked for.' };
  }
}

/** The result for a file that is another one by now. */
export function changed(message: string): Pick<OriginResult, 'outcome' | 'message' | 'error'> {
  const hint = { kind: 'start-over' } as const;
  return { outcome: 'refused', message, error: new DragonloadError('origin-changed', message, { hint }) };
}
