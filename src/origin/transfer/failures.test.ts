import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, statusError } from './failures.ts';

const FILE = new URL('https://user:sesame@a.example:8443/f?token=sesame#part');

test('an error of an answer says what was asked and answered, without secrets', () => {
  const facts = { url: 'https://a.example:8443/f', host: 'a.example:8443', status: 404 };
  assert.deepEqual(statusError(404, FILE).facts, facts);
  for (const status of [401, 403, 404, 407, 410, 418, 429, 500, 503]) {
    const value = statusError(status, FILE, 1_000).toValue();
    assert.equal(value.facts.status, status);
    assert.ok(value.hint, `${status} has a next step`);
    assert.doesNotMatch(JSON.stringify(value), /sesame/);
  }
});

test('what may pass says so, and when', () => {
  const { mayPass, retryAfterMs, hint } = statusError(503, FILE, 2_000);
  assert.deepEqual([mayPass, retryAfterMs, hint], [true, 2_000, { kind: 'fewer-connections' }]);
  assert.equal(statusError(403, FILE).mayPass, false);
});

test('each way in which a connection fails has its own code and next step', () => {
  const failed = (code: string) => failureOf(Object.assign(new Error('x'), { code }), FILE).error;
  const kindOf = (code: string) => [failed(code).code, failed(code).hint?.kind];
  assert.deepEqual(kindOf('ENOTFOUND'), ['dns', 'check-network']);
  assert.deepEqual(kindOf('CERT_HAS_EXPIRED'), ['tls', 'check-certificate']);
  assert.deepEqual(kindOf('EPROTO'), ['tls', 'check-scheme']);
  assert.deepEqual(kindOf('ECONNREFUSED'), ['origin-failed', 'check-address']);
  assert.deepEqual(kindOf('EHOSTUNREACH'), ['origin-failed', 'check-network']);
  assert.deepEqual(kindOf('ETIMEDOUT'), ['origin-failed', 'try-later']);
  assert.deepEqual(kindOf('HPE_INVALID_CONSTANT'), ['origin-failed', 'check-address']);
  assert.deepEqual(failed('ETIMEDOUT').facts, { host: 'a.example:8443' });
});
