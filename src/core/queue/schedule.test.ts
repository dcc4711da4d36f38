import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Gate, isOpen, nextAt, parseTimeOfDay, parseWindow } from './schedule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const anyTime = fc.integer({ min: 0, max: 24 * 60 - 1 });
const anyMoment = fc.integer({ min: 0, max: 3 * DAY_MS });
const twoDigits = (value: number) => String(value).padStart(2, '0');
const timeText = (minutes: number) => `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;

test('times of day are read', () => {
  fc.assert(
    fc.property(anyTime, (minutes) => {
      assert.equal(parseTimeOfDay(timeText(minutes)), minutes * MINUTE_MS);
    }),
  );
  assert.equal(parseTimeOfDay(' 2:05 '), 125 * MINUTE_MS);
});

for (const text of ['', '24:00', '12:60', '12', '12:5', 'noon', '-1:00', '12:00:00', '١٢:00']) {
  test(`${JSON.stringify(text)} is no time of day`, () => {
    assert.throws(() => parseTimeOfDay(text), { code: 'usage' });
  });
}

for (const text of ['', '22:00', '22:00-', '22:00-22:00', '1:00-2:00-3:00', '22:00-25:00']) {
  test(`${JSON.stringify(text)} is no window`, () => {
    assert.throws(() => parseWindow(text), { code: 'usage' });
  });
}

test('the next time it is so late is within a day, and it is so late then', () => {
  fc.assert(
    fc.property(anyTime, anyMoment, (minutes, nowMs) => {
      const next = nextAt(minutes * MINUTE_MS, nowMs);
      assert.ok(next >= nowMs && next < nowMs + DAY_MS);
      assert.equal(next % DAY_MS, minutes * MINUTE_MS);
    }),
  );
});

test('a window is open as a clock face would show it, over midnight too', () => {
  const night = parseWindow('22:00-06:30');
  const at = (text: string) => isOpen(night, DAY_MS + parseTimeOfDay(text));
  assert.deepEqual(['21:59', '22:00', '23:59', '00:00', '06:29', '06:30', '12:00'].map(at), [
    false,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('a gate says until when it stays as it is: the same up to then, otherwise from then on', () => {
  fc.assert(
    fc.property(anyTime, anyTime, fc.option(anyTime), anyMoment, (from, to, start, nowMs) => {
      fc.pre(from !== to);
      const gate = new Gate(
        {
          window: `${timeText(from)}-${timeText(to)}`,
          ...(start === null ? {} : { startAt: timeText(start) }),
        },
        nowMs,
      );
      const { open, changesInMs } = gate.look(nowMs);
      assert.ok(changesInMs !== undefined && changesInMs > 0 && changesInMs <= 2 * DAY_MS);
      assert.equal(gate.look(nowMs + changesInMs - 1).open, open);
      assert.equal(gate.look(nowMs + changesInMs).open, !open);
    }),
    { numRuns: 1000 },
  );
});

test('a start time opens the gate once, and for good', () => {
  const gate = new Gate({ startAt: '02:00' }, 23 * HOUR_MS);
  assert.deepEqual(gate.look(23 * HOUR_MS), { open: false, changesInMs: 3 * HOUR_MS });
  assert.deepEqual(gate.look(26 * HOUR_MS), { open: true, changesInMs: undefined });
  assert.equal(gate.look(70 * HOUR_MS).open, true);
});

test('a start time that the clock leaps over when daylight saving begins counts as past', () => {
  const gate = new Gate({ startAt: '02:30' }, HOUR_MS);
  // 01:59:59 is followed by 03:00:00.
  assert.equal(gate.look(2 * HOUR_MS - 1000).open, false);
  assert.equal(gate.look(3 * HOUR_MS).open, true);
});

test('when the hour before the end of daylight saving comes twice, a started gate stays open', () => {
  const gate = new Gate({ startAt: '02:30' }, HOUR_MS);
  assert.equal(gate.look(2.75 * HOUR_MS).open, true);
  assert.equal(gate.look(2 * HOUR_MS).open, true);
});

test('without a schedule the gate is open', () => {
  assert.deepEqual(new Gate({}, 5).look(5), { open: true, changesInMs: undefined });
});
