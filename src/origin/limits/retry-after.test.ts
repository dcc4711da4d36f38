import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRetryAfter } from './retry-after.ts';

const NOW_MS = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');

test('seconds and dates are read', () => {
  assert.equal(parseRetryAfter('120', NOW_MS), 120_000);
  assert.equal(parseRetryAfter('Wed, 21 Oct 2015 07:28:30 GMT', NOW_MS), 30_000);
});

test('a date that has passed means now', () => {
  assert.equal(parseRetryAfter('Wed, 21 Oct 2015 07:00:00 GMT', NOW_MS), 0);
});

test('no origin gets a pause of more than an hour', () => {
  assert.equal(parseRetryAfter('9'.repeat(400), NOW_MS), 3_600_000);
  assert.equal(parseRetryAfter('Wed, 21 Oct 2099 07:28:00 GMT', NOW_MS), 3_600_000);
});

test('anything else asks for nothing', () => {
  for (const header of [undefined, '', '-5', '1.5', 'soon', 'Someday'])
    assert.equal(parseRetryAfter(header, NOW_MS), undefined);
});
