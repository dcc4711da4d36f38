import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Helpers } from './helpers.ts';

test('only the tails that were announced are expected, to the byte', () => {
  const helpers = new Helpers();
  helpers.expect({ start: 100, end: 200 });
  assert.equal(helpers.isExpected({ start: 100, end: 200 }), true);
  assert.equal(helpers.isExpected({ start: 101, end: 200 }), false);
  assert.equal(helpers.isExpected({ start: 0, end: 200 }), false);
});

test('the oldest of very many are forgotten', () => {
  const helpers = new Helpers();
  for (let i = 0; i <= 64; i++) helpers.expect({ start: i, end: 1_000 });
  assert.equal(helpers.isExpected({ start: 0, end: 1_000 }), false);
  assert.equal(helpers.isExpected({ start: 64, end: 1_000 }), true);
});
