import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clocks, WakeDetector } from './wake-detector.ts';

const HOUR_MS = 3_600_000;
const INTERVAL_MS = 3_000;

interface Step {
  readonly monotonic: number;
  readonly boot?: number | undefined;
  readonly wall?: number;
  readonly busy?: number;
}

/** What a detector says after clocks have gone on by so much, one step after the other. */
function said(stopsAsleep: boolean, ...steps: readonly Step[]): readonly number[] {
  let at: Clocks = { monotonicMs: 5e6, bootMs: 9e6, wallMs: 1.7e12, busyMs: 700 };
  const detector = new WakeDetector(INTERVAL_MS, stopsAsleep, at);
  return steps.map((step) => {
    const { monotonic, wall = monotonic, busy = 10 } = step;
    const boot = 'boot' in step ? step.boot : monotonic;
    at = {
      monotonicMs: at.monotonicMs + monotonic,
      bootMs: boot === undefined || at.bootMs === undefined ? undefined : at.bootMs + boot,
      wallMs: at.wallMs + wall,
      busyMs: at.busyMs + busy,
    };
    return detector.read(at);
  });
}

test('clocks that go on together say nothing', () => {
  for (const stopsAsleep of [true, false]) {
    assert.deepEqual(said(stopsAsleep, { monotonic: 3_000 }, { monotonic: 3_004, boot: 3_010 }), [0, 0]);
  }
});

test('a boot clock that has gone further than the monotonic one was counting sleep', () => {
  const slept = { monotonic: 3_000, boot: HOUR_MS + 3_000, wall: HOUR_MS + 3_000 };
  assert.deepEqual(said(true, slept, { monotonic: 3_000 }, slept), [HOUR_MS, 0, HOUR_MS]);
  assert.deepEqual(said(false, slept), [HOUR_MS]);
});

test('a boot clock in whole seconds is precise enough', () => {
  assert.deepEqual(said(false, { monotonic: 3_000, boot: 4_000 }, { monotonic: 3_000, boot: 2_000 }), [0, 0]);
});

test('a step of the time of day is not sleep', () => {
  for (const wall of [HOUR_MS, -HOUR_MS]) {
    for (const stopsAsleep of [true, false]) {
      assert.deepEqual(said(stopsAsleep, { monotonic: 3_000, wall }), [0]);
    }
  }
});

test('a thread that was busy or stopped was not asleep where the clocks tell', () => {
  assert.deepEqual(said(true, { monotonic: HOUR_MS, busy: HOUR_MS }, { monotonic: HOUR_MS }), [0, 0]);
});

test('where all clocks count sleep, a reading too late tells it, less the time that the thread was busy', () => {
  const slept = { monotonic: HOUR_MS + INTERVAL_MS, busy: 500 };
  assert.deepEqual(said(false, slept), [HOUR_MS - 500]);
  assert.deepEqual(said(false, { monotonic: 60_000, busy: 55_000 }), [0]);
  assert.deepEqual(said(false, { monotonic: INTERVAL_MS + 9_000 }), [0]);
});

test('without a boot clock, the time of day takes its place', () => {
  const first = { monotonic: 3_000, boot: undefined };
  const slept = { monotonic: 3_000, boot: undefined, wall: HOUR_MS };
  assert.deepEqual(said(true, first, slept), [0, HOUR_MS - 3_000]);
});
