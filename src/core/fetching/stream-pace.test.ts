import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamPace } from './stream-pace.ts';

const stream = (id: number, position: number, openedMs = 0) => ({
  id,
  start: 0,
  end: 1e9,
  position,
  openedMs,
  stopping: false,
});

/** A pace that has seen one stream open at 0 and bring its first 1,000 bytes after 100 ms. */
function begun(): StreamPace {
  const pace = new StreamPace();
  pace.opened(stream(1, 0));
  pace.moved(stream(1, 1_000), 100);
  return pace;
}

test('a rate counts from the first bytes, without the wait for them', () => {
  const pace = begun();
  assert.equal(pace.rateOf(stream(1, 501_000), 6_000, 600), 1_000_000);
});

test('a young stream has no rate', () => {
  assert.equal(begun().rateOf(stream(1, 201_000), 6_000, 300), undefined);
});

test('a stream whose first bytes are overdue brings nothing', () => {
  const pace = new StreamPace();
  pace.opened(stream(1, 0));
  assert.equal(pace.rateOf(stream(1, 0), 1_500, 300), undefined);
  assert.equal(pace.rateOf(stream(1, 0), 1_500, 1_000), 0);
});

test('a rate is that of the window asked for', () => {
  const pace = begun();
  for (let ms = 200; ms <= 2_000; ms += 100) pace.mark([stream(1, ms * 1_000)], ms);
  for (let ms = 2_100; ms <= 3_000; ms += 100) pace.mark([stream(1, 2_000_000)], ms);
  assert.equal(pace.rateOf(stream(1, 2_000_000), 1_000, 3_000), 0);
  assert.equal(pace.rateOf(stream(1, 2_000_000), 2_000, 3_000), 500_000);
});

test('one first byte that takes for ever does not make the wait for all others long', () => {
  const pace = begun();
  pace.opened(stream(2, 0, 200));
  pace.moved(stream(2, 10, 200), 60_200);
  assert.ok(pace.setupMs < 300, `${pace.setupMs}`);
});

test('what is usual is the median, and the stream in question does not count', () => {
  const pace = new StreamPace();
  const rates = [1, 1, 5, 100];
  rates.forEach((_, id) => {
    pace.opened(stream(id, 0));
    pace.moved(stream(id, 0), 100);
  });
  const now = rates.map((rate, id) => stream(id, rate * 1_000));
  assert.equal(pace.usualRate(now, undefined, 1_500, 1_100), 5_000);
  assert.equal(pace.usualRate(now, now[3], 1_500, 1_100), 1_000);
});

test('streams that ended lately count, those that ended long ago do not', () => {
  const pace = begun();
  pace.ended(stream(1, 1_001_000), 1_100);
  assert.equal(pace.usualRate([], undefined, 1_500, 2_000), 1_000_000);
  assert.equal(pace.usualRate([], undefined, 1_500, 7_000), undefined);
});

test('what was usual rises fast and sinks slowly', () => {
  const pace = begun();
  const at = (ms: number, rate: number) => {
    const position = 1_000 + (rate * (ms - 100)) / 1_000;
    pace.remember([stream(1, position)], [6_000], ms);
    return pace.pastRate;
  };
  assert.equal(at(600, 1_000_000), 1_000_000);
  assert.ok(at(1_600, 10_000_000) > 6_000_000);
  assert.ok(at(2_600, 1_000_000) > 5_500_000);
});
