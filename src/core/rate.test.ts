import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from './rate.ts';

/** Feeds `rate` bytes per second in steps of `stepMs` from `fromMs` to `toMs`. */
function feed(meter: RateMeter, rate: number, fromMs: number, toMs: number, stepMs = 20): void {
  for (let nowMs = fromMs + stepMs; nowMs <= toMs; nowMs += stepMs) meter.add((rate * stepMs) / 1_000, nowMs);
}

function near(actual: number, expected: number, share: number): void {
  assert.ok(
    Math.abs(actual - expected) <= expected * share,
    `${actual} is not within ${share} of ${expected}`,
  );
}

test('a meter without bytes says 0', () => {
  const meter = new RateMeter();
  assert.equal(meter.bytesPerSecond(1_000), 0);
  meter.add(0, 1_000);
  assert.equal(meter.bytesPerSecond(9_000), 0);
});

test('the rate is right after a tenth of a second, not only after the time constant', () => {
  const meter = new RateMeter();
  meter.add(0, 0);
  feed(meter, 1_000_000, 0, 100);
  near(meter.bytesPerSecond(100), 1_000_000, 0.02);
});

test('bytes that come first do not count, since their time is unknown', () => {
  const meter = new RateMeter();
  meter.add(50_000_000, 0);
  feed(meter, 1_000_000, 0, 200);
  near(meter.bytesPerSecond(200), 1_000_000, 0.03);
});

test('within 50 ms nothing is claimed', () => {
  const meter = new RateMeter();
  meter.add(0, 0);
  meter.add(1_000_000, 1);
  assert.equal(meter.bytesPerSecond(1), 0);
});

test('the rate follows a change and decays when nothing arrives', () => {
  const meter = new RateMeter();
  meter.add(0, 0);
  feed(meter, 1_000_000, 0, 10_000);
  feed(meter, 4_000_000, 10_000, 25_000);
  near(meter.bytesPerSecond(25_000), 4_000_000, 0.05);
  near(meter.bytesPerSecond(28_000), 4_000_000 / Math.E, 0.06);
});

test('a pause does not lower the rate', () => {
  const meter = new RateMeter();
  meter.add(0, 0);
  feed(meter, 1_000_000, 0, 5_000);
  meter.pause(5_000);
  near(meter.bytesPerSecond(60_000), 1_000_000, 0.02);
  meter.resume(60_000);
  feed(meter, 1_000_000, 60_000, 60_200);
  near(meter.bytesPerSecond(60_200), 1_000_000, 0.02);
});

test('a clock that stands still or goes back does no harm', () => {
  const meter = new RateMeter();
  meter.add(0, 1_000);
  meter.add(100, 1_000);
  meter.add(100, 500);
  assert.ok(Number.isFinite(meter.bytesPerSecond(400)));
});
