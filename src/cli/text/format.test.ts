import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBytes, formatDuration, formatElapsed, formatRate, percentOf } from './format.ts';

test('sizes are in binary units with at most three digits', () => {
  const KIB = 1024;
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(1000), '1.0 KiB');
  assert.equal(formatBytes(1.5 * KIB), '1.5 KiB');
  assert.equal(formatBytes(512 * KIB), '512 KiB');
  assert.equal(formatBytes(99.96 * KIB), '100 KiB');
  assert.equal(formatBytes(KIB ** 3 - 1), '1.0 GiB');
  assert.equal(formatBytes(12.34 * KIB ** 2), '12.3 MiB');
  assert.equal(formatRate(12.34 * KIB ** 2), '12.3 MiB/s');
});

test('a size that is no number reads as nothing', () => {
  assert.equal(formatBytes(Number.NaN), '0 B');
  assert.equal(formatBytes(-5), '0 B');
  assert.equal(formatBytes(Number.POSITIVE_INFINITY), '0 B');
});

test('no size takes more than eight columns', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2 ** 53, noNaN: true }), (size) => formatBytes(size).length <= 8),
  );
});

test('a hundred percent means that nothing is missing', () => {
  assert.equal(percentOf(999_999, 1_000_000), 99);
  assert.equal(percentOf(1_000_000, 1_000_000), 100);
  assert.equal(percentOf(0, 0), 100);
  assert.equal(percentOf(5, undefined), 0);
});

test('times to come name their two largest units', () => {
  assert.equal(formatDuration(0), '1 s');
  assert.equal(formatDuration(59_400), '59 s');
  assert.equal(formatDuration(65_000), '1 min 05 s');
  assert.equal(formatDuration(7_380_000), '2 h 03 min');
  assert.equal(formatDuration(100 * 3_600_000), '4 d 4 h');
  assert.equal(formatDuration(Number.POSITIVE_INFINITY), 'over 99 d');
  assert.equal(formatDuration(Number.NaN), 'over 99 d');
});

test('short measured times have a tenth', () => {
  assert.equal(formatElapsed(0.04), '0.0 s');
  assert.equal(formatElapsed(4.21), '4.2 s');
  assert.equal(formatElapsed(9.96), '10 s');
  assert.equal(formatElapsed(80.4), '1 min 20 s');
});
