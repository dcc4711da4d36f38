import type { OriginResult } from '../transfer/outcome.ts';
import { isOver, revive, type Source } from './source.ts';
import { restMs } from './source-choice.ts';

/** Transfers shorter than this are too short to measure a rate. */
const MIN_RATED_BYTES = 64 * 1024;

/**
 * Records on a source how a transfer from it went: its rate, its failures and how long it pauses. True when the source
 * no longer serves the file. Times are of `performance.now()`.
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
  // A transfer that began before the last failure and breaks as well has the same cause.
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
  // It is tried first when all are lost.
  if (outcome === 'rangeless') source.restUntilMs = 0;
  return true;
}

/** The result of a transfer that no source completed. `results`: of those that were tried, in order. */
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
