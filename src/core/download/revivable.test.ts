import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRevivable } from './revivable.ts';

test('what was the fault of the origin or of the way to it may be healed by another address', () => {
  for (const code of [
    'origin-refused',
    'origin-missing',
    'origin-failed',
    'link-expired',
    'unreachable',
    'dns',
    'tls',
  ])
    assert.equal(isRevivable(code), true, code);
});

test('a wrong file, a full disk or a wish of the user is not healed by another address', () => {
  for (const code of [
    'digest-mismatch',
    'origin-changed',
    'disk-full',
    'unwritable',
    'aborted',
    'quota',
    'nonsense',
  ])
    assert.equal(isRevivable(code), false, code);
});
