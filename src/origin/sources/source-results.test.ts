import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OriginResult } from '../transfer/outcome.ts';
import { newSource, type Source } from './source.ts';
import { noteResult, resultOf } from './source-results.ts';

const result = (outcome: OriginResult['outcome'], more: Partial<OriginResult> = {}): OriginResult => ({
  outcome,
  receivedBytes: 0,
  ...more,
});
const source = (standing: Source['standing'] = 'proven'): Source => ({
  ...newSource('http://a.test/f', { trusted: true, batch: 0 }),
  standing,
});

test('a rate is measured of transfers that are long enough, and smoothed', () => {
  const one = source();
  noteResult(one, result('complete', { receivedBytes: 1000 }), 0, 100);
  assert.equal(one.rate, undefined);
  noteResult(one, result('complete', { receivedBytes: 1_000_000 }), 0, 1000);
  noteResult(one, result('complete', { receivedBytes: 3_000_000 }), 0, 1000);
  assert.equal(one.rate, 2_000_000);
});

test('each failure makes a source rest for longer, and as long as it asks for', () => {
  const one = source();
  assert.equal(noteResult(one, result('broken'), 10, 20), false);
  assert.deepEqual([one.failures, one.restUntilMs], [1, 1020]);
  noteResult(one, result('busy', { retryAfterMs: 9000 }), 30, 40);
  assert.deepEqual([one.failures, one.restUntilMs], [2, 9040]);
  noteResult(one, result('complete', { receivedBytes: 1 }), 50, 60);
  assert.deepEqual([one.failures, one.restUntilMs], [0, 0]);
});

test('transfers that began before a failure and break too are the same trouble', () => {
  const one = source();
  noteResult(one, result('broken'), 0, 100);
  noteResult(one, result('broken', { receivedBytes: 1 }), 50, 120);
  assert.equal(one.failures, 1);
});

test('a source that turns a transfer away is lost, which is told once', () => {
  for (const outcome of ['expired', 'refused', 'rangeless'] as const) {
    const one = source();
    assert.equal(noteResult(one, result(outcome), 0, 1), true);
    assert.equal(one.standing, 'lost');
    assert.equal(noteResult(one, result(outcome), 2, 3), false);
  }
});

test('a transfer has expired or was refused only when no source is left', () => {
  const results = [result('expired', { message: 'expired' }), result('refused', { message: 'refused' })];
  assert.equal(resultOf(results, [source('lost'), source('out')]).outcome, 'expired');
  assert.deepEqual(
    resultOf(results, [source('lost'), source('proven')]),
    result('broken', { message: 'refused' }),
  );
  assert.equal(resultOf([...results, result('busy')], [source('lost')]).outcome, 'busy');
  assert.equal(resultOf([], [source('proven')]).outcome, 'broken');
});
