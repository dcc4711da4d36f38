import type { RateHistory } from './state.ts';

/** A history keeps at most so many samples. */
export const MAX_SAMPLES = 300;
/** Between two samples of a history that has just begun, in milliseconds. */
export const FIRST_STEP_MS = 1_000;

/** A history without samples. */
export const NO_HISTORY: RateHistory = { stepMs: FIRST_STEP_MS, atMs: 0, originRates: [], lanRates: [] };

/**
 * The history with one more sample, in bytes per second. Steps in which nobody sampled, as while a download was paused,
 * count as no bytes. A full history is made half as fine, each sample the mean of two, so that it covers a download from
 * its start however long that takes. A sample that comes before its step is over changes nothing.
 */
export function withSample(
  history: RateHistory,
  sample: { readonly atMs: number; readonly originRate: number; readonly lanRate: number },
): RateHistory {
  const { stepMs, atMs } = history;
  const isFirst = history.originRates.length === 0;
  const steps = isFirst ? 1 : Math.round((sample.atMs - atMs) / stepMs);
  if (steps < 1) return history;
  const missed = Math.min(steps - 1, MAX_SAMPLES * 2);
  const gap = new Array<number>(missed).fill(0);
  let longer: RateHistory = {
    stepMs,
    atMs: isFirst ? sample.atMs : atMs + steps * stepMs,
    originRates: [...history.originRates, ...gap, Math.round(sample.originRate)],
    lanRates: [...history.lanRates, ...gap, Math.round(sample.lanRate)],
  };
  while (longer.originRates.length > MAX_SAMPLES) longer = halved(longer);
  return longer;
}

/** The same time in half as many samples. Of an odd number the oldest is left out, so that the end stays the end. */
function halved({ stepMs, atMs, originRates, lanRates }: RateHistory): RateHistory {
  return {
    stepMs: stepMs * 2,
    atMs,
    originRates: means(originRates),
    lanRates: means(lanRates),
  };
}

function means(rates: readonly number[]): readonly number[] {
  const first = rates.length % 2;
  return Array.from({ length: (rates.length - first) / 2 }, (_, i) =>
    Math.round((rates[first + 2 * i]! + rates[first + 2 * i + 1]!) / 2),
  );
}
