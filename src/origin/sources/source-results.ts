import type { OriginResult } from '../transfer/outcome.ts';
import { isOver, revive, type Source } from './source.ts';
import { restMs } from './source-choice.ts';

/** Transfers shorter than this tell nothing of a rate. */
const MIN_RATED_BYTES = 64 * 1024;

/**
 * Notes on a source how a transfer from it went: its rate, its failures and how long it rests. True when that has shown that
 * it does not serve the file any more. Times are of `performance.now()`.
 */
export function noteResult(
  source: Source,
  { outcome, receivedBytes, retryAfterMs }: OriginResult,
  startMs: number,
  nowMs: number,
): boolean {
  if (receivedBytes >= MIN_RATED_BYTES) {
    const rate = (1000 * receivedBytes) / Math.max(1, nowMs - startMs);
    source.rate = source.rate === undefined ? rate : (source.rate + rate) / 2;
  }
  const hasFailed = outcome !== 'complete' && outcome !== 'stopped';
  // What began before the last failure and breaks, too, is the same trouble.
  const isKnown = hasFailed && startMs < source.failedMs;
  if (receivedBytes > 0 && !isKnown) revive(source);
  if (!hasFailed) return false;
  if (!isKnown) {
    source.failures += 1;
    source.failedMs = nowMs;
  }
  const restUntilMs = nowMs + Math.max(retryAfterMs ?? 0, restMs(source.failures));
  source.restUntilMs = Math.max(source.restUntilMs, restUntilMs);
  const isLost = outcome === 'expired' || outcome === 'refused' || outcome === 'rangeless';
  if (!isLost || source.standing !== 'proven') return false;
  source.standing = 'lost';
  // The first to be tried when all are lost.
  if (outcome === 'rangeless') source.restUntilMs = 0;
  return true;
}

/** The result of a transfer that no source brought to its end. `results`: of those that tried, in order. */
export function resultOf(results: readonly OriginResult[], all: readonly Source[]): OriginResult {
  const last = results.at(-1);
  const of = (outcome: OriginResult['outcome']) => results.find((one) => one.outcome === outcome);
  const found =
    of('busy') ??
    of('broken') ??
    (all.every(isOver) ? (of('rangeless') ?? of('expired') ?? last) : undefined);
  return (
    found ?? {
      outcome: 'broken',
      message: last?.message ?? 'No address of the file can be used at present.',
      receivedBytes: 0,
    }
  );
}
