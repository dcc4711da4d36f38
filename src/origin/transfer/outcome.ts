import type { OriginOutcome } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { Judgement } from '../heads/judge.ts';
import type { LiveRange, Received } from './receive.ts';

/** An origin that caps its answers has to send at least this much in each for a transfer to go on. */
const MIN_CAPPED_BYTES = 64 * 1024;

export interface OriginResult {
  readonly outcome: OriginOutcome;
  /** The pause that the origin asked for with Retry-After: 0 to one hour. */
  readonly retryAfterMs?: number | undefined;
  /** Why it failed, for people. */
  readonly message?: string | undefined;
  /** With `refused` and `expired`, where there is more to tell than the message: code and next step. */
  readonly error?: DragonloadError | undefined;
  /** Bytes handed over: those from `range.start` on, without a gap. */
  readonly receivedBytes: number;
  readonly localAddress?: string | undefined;
  /** The size of the file, where this answer stated it or its end showed it. */
  readonly sizeBytes?: number | undefined;
}

export type BodyJudgement = Extract<Judgement, { kind: 'body' }>;

/**
 * The range that is still to be requested when the origin correctly sent a shorter part than it was asked for: some cap
 * the length of an answer. Undefined for tiny parts, which are not worth going on with.
 */
export function restOf(received: Received, body: BodyJudgement, range: LiveRange): LiveRange | undefined {
  const { how, receivedBytes } = received;
  const start = range.start + receivedBytes;
  if (!body.partial || (how !== 'eof' && how !== 'long')) return undefined;
  if (start !== body.bodyEnd || start === body.totalBytes || receivedBytes < MIN_CAPPED_BYTES)
    return undefined;
  return rangeFrom(start, range);
}

/** The same range from a later start on; its end can still change. */
export function rangeFrom(start: number, range: LiveRange): LiveRange {
  return {
    start,
    get end() {
      return range.end;
    },
  };
}

/** The outcome of a transfer, from the end of its body and the wanted range. */
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
      // A whole body of unknown length that ends in order shows the size of the file.
      if (total === undefined && !body.partial) return { ...result, outcome: 'complete', sizeBytes: reached };
      return { ...result, outcome: 'broken', message: 'The origin sent less than it was asked for.' };
  }
}

/** The result for a file that has changed. */
export function changed(message: string): Pick<OriginResult, 'outcome' | 'message' | 'error'> {
  const hint = { kind: 'start-over' } as const;
  return { outcome: 'refused', message, error: new DragonloadError('origin-changed', message, { hint }) };
}
