import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from './errors.ts';

test('an error of the program comes back from `from` as it is', () => {
  const error = new DragonloadError('dns', 'No such host.', { next: 'Check the name.' });
  assert.equal(DragonloadError.from(error, 'internal'), error);
  assert.equal(error.next, 'Check the name.');
  assert.equal('cause' in error, false);
});

test('any other thrown value becomes its cause', () => {
  const cause = new TypeError('of null');
  const wrapped = DragonloadError.from(cause, 'origin-failed');
  assert.equal(wrapped.code, 'origin-failed');
  assert.equal(wrapped.message, 'of null');
  assert.equal(wrapped.cause, cause);
  assert.equal(DragonloadError.from('a word').message, 'a word');
  assert.equal(DragonloadError.from(undefined).code, 'internal');
});
