import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_SAMPLES, NO_HISTORY, withSample } from './rate-history.ts';
import type { RateHistory } from './state.ts';

/** A history with a sample a second of the given rates from origins, from the time 0 on. */
function historyOf(rates: readonly number[]): RateHistory {
  return rates.reduce(
    (history, originRate, second) => withSample(history, { atMs: second * 1000, originRate, lanRate: 1 }),
    NO_HISTORY,
  );
}

test('samples are kept in order, both rates side by side', () => {
  assert.deepEqual(historyOf([5, 6.4, 7]), {
    stepMs: 1000,
    atMs: 2000,
    originRates: [5, 6, 7],
    lanRates: [1, 1, 1],
  });
});

test('a timer that is late or early by less than half a step moves no sample', () => {
  const late = withSample(historyOf([5]), { atMs: 1400, originRate: 6, lanRate: 0 });
  assert.equal(late.atMs, 1000);
  assert.deepEqual(withSample(late, { atMs: 1700, originRate: 7, lanRate: 0 }).originRates, [5, 6, 7]);
  assert.equal(withSample(late, { atMs: 1450, originRate: 7, lanRate: 0 }), late);
});

test('the time in which nobody sampled counts as no bytes', () => {
  const later = withSample(historyOf([5]), { atMs: 4000, originRate: 6, lanRate: 2 });
  assert.deepEqual(
    [later.originRates, later.lanRates],
    [
      [5, 0, 0, 0, 6],
      [1, 0, 0, 0, 2],
    ],
  );
});

test('a full history gets coarser and covers the whole time', () => {
  const full = historyOf(new Array(MAX_SAMPLES).fill(10));
  const more = withSample(full, { atMs: MAX_SAMPLES * 1000, originRate: 30, lanRate: 1 });
  assert.equal(more.stepMs, 2000);
  assert.equal(more.originRates.length, MAX_SAMPLES / 2);
  assert.deepEqual([more.originRates[0], more.originRates.at(-1)], [10, 20]);
});

test('however long the pause the history stays within its limit', () => {
  const later = withSample(historyOf([5, 5]), { atMs: 90 * 86_400_000, originRate: 6, lanRate: 1 });
  assert.ok(later.originRates.length <= MAX_SAMPLES && later.originRates.length === later.lanRates.length);
  assert.ok(later.originRates.at(-1)! > 0);
});

test('a clock that is set back changes nothing', () => {
  const history = historyOf([5, 6]);
  assert.equal(withSample(history, { atMs: -5000, originRate: 7, lanRate: 1 }), history);
});
