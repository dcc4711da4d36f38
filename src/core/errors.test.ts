import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from './errors.ts';

test('an error of the program comes back from `from` as it is', () => {
  const error = new DragonloadError('dns', 'No such host.', { hint: { kind: 'check-network' } });
  assert.equal(DragonloadError.from(error, 'internal'), error);
  assert.equal('cause' in error, false);
});

test('any other thrown value becomes its cause', () => {
  const cause = new TypeError('of null');
  const wrapped = DragonloadError.from(cause, 'origin-failed');
  assert.equal(wrapped.code, 'origin-failed');
  assert.equal(wrapped.message, 'of null');
  assert.equal(wrapped.cause, cause);
  assert.equal(wrapped.next, undefined);
  assert.equal(DragonloadError.from('a word').message, 'a word');
  assert.equal(DragonloadError.from(undefined).code, 'internal');
});

test('the next step is the hint in words', () => {
  const hint = { kind: 'check-address', url: 'https://a.example/f' } as const;
  assert.equal(new DragonloadError('dns', '', { hint }).next, 'Check the address https://a.example/f.');
});

test('as a value an error survives JSON and comes back with all that it said', () => {
  const error = new DragonloadError('origin-failed', 'The origin is too busy (HTTP 503).', {
    facts: { host: 'a.example', status: 503 },
    hint: { kind: 'fewer-connections' },
    mayPass: true,
    retryAfterMs: 2_000,
    cause: new Error('inside'),
  });
  const value = error.toValue();
  const back = DragonloadError.fromValue(JSON.parse(JSON.stringify(value)));
  assert.deepEqual(back.toValue(), value);
  assert.equal(back.code, 'origin-failed');
  assert.equal(back.message, error.message);
  assert.equal(back.next, error.next);
  assert.deepEqual([back.mayPass, back.retryAfterMs], [true, 2_000]);
  assert.deepEqual(structuredClone(value), value);
});

test('a value leaves out what an error does not say', () => {
  const value = new DragonloadError('internal', 'It broke.').toValue();
  assert.deepEqual(value, { code: 'internal', message: 'It broke.', facts: {}, mayPass: false });
});
