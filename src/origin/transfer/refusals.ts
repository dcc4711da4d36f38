import { DragonloadError } from '../../core/errors.ts';
import type { Judgement } from '../heads/judge.ts';
import { parseRetryAfter } from '../limits/retry-after.ts';
import { expiredError, statusError, statusOutcome } from './failures.ts';
import { changed, type OriginResult } from './outcome.ts';
import { EXPIRED } from './route.ts';
import type { Answer } from './send.ts';

/** What is known of an origin that refuses a transfer. */
export interface RefusalContext {
  /** The URL that the user gave. */
  readonly given: URL;
  /** The file has been seen here. */
  readonly hasWorked: boolean;
  /** Other bodies are being received. */
  readonly isServing: boolean;
  /** Too many answers in a row did not match, this one included: it is not asked in this way again. */
  readonly isHopeless: boolean;
  /** It has not yet been asked for the file as a whole. */
  readonly mayReadWhole: boolean;
}

/** The result for an answer whose body cannot be used. */
export function refusalResult(
  answer: Answer,
  judgement: Exclude<Judgement, { kind: 'body' }>,
  record: RefusalContext,
): OriginResult {
  const common = { receivedBytes: 0, localAddress: answer.localAddress };
  switch (judgement.kind) {
    case 'at-end':
      return { ...common, outcome: 'complete', sizeBytes: judgement.totalBytes };
    case 'unusable': {
      const { code, message, totalBytes: sizeBytes } = judgement;
      if (code === 'origin-changed') return { ...common, ...changed(message), sizeBytes };
      return { ...common, outcome: 'refused', message, error: ofNoUse(message), sizeBytes };
    }
    case 'other-etag':
      return record.isHopeless
        ? { ...common, ...changed(judgement.message) }
        : { ...common, outcome: 'broken', message: judgement.message };
    case 'misfit': {
      const { message } = judgement;
      if (!record.isHopeless) return { ...common, outcome: 'broken', message };
      const outcome = record.mayReadWhole ? 'rangeless' : 'refused';
      return { ...common, outcome, message, error: ofNoUse(message) };
    }
    case 'page':
      return { ...common, ...expired(record.given, 'there is a web page in its place') };
    case 'status': {
      const { status } = answer;
      // Some hosts refuse further connections like this: the link still works for those under way.
      const isOneTooMany = status === 403 && record.isServing;
      if (record.hasWorked && EXPIRED.has(status) && !isOneTooMany)
        return { ...common, ...expired(record.given, `it answers with HTTP ${status}`) };
      const retryAfterMs = parseRetryAfter(answer.response.headers['retry-after'], Date.now());
      const error = statusError(status, answer.url, retryAfterMs);
      const { message } = error;
      const outcome = isOneTooMany ? 'busy' : statusOutcome(status);
      return { ...common, outcome, retryAfterMs, message, error };
    }
  }
}

function ofNoUse(message: string): DragonloadError {
  return new DragonloadError('origin-failed', message, { hint: { kind: 'other-address', isKept: false } });
}

function expired(given: URL, how: string): Pick<OriginResult, 'outcome' | 'message' | 'error'> {
  const error = expiredError(given, how);
  return { outcome: 'expired', message: error.message, error };
}
