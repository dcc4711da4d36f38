import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError, type ErrorCode } from '../../core/errors.ts';
import { HostPaused } from '../../origin/limits/host-pauses.ts';
import { outcomeOf } from './progress.ts';

function failure(code: ErrorCode, mayPass = false) {
  return { kind: 'failed' as const, error: new DragonloadError(code, 'It failed.', { mayPass }) };
}

test('an address that was never seen to work is tried again only if it has answered that it is busy', () => {
  const seen = { wasFound: false, isTried: true };
  assert.equal(outcomeOf(failure('origin-failed'), seen), 'failed');
  assert.equal(outcomeOf(failure('dns'), seen), 'failed');
  assert.equal(outcomeOf(failure('origin-failed', true), seen), 'may-pass');
  assert.equal(outcomeOf(failure('origin-failed', true), { ...seen, isTried: false }), 'failed');
});

test('an origin that had the file is tried again when it cannot be reached, and not when it refuses', () => {
  const seen = { wasFound: true, isTried: false };
  assert.equal(outcomeOf(failure('origin-failed'), seen), 'may-pass');
  assert.equal(outcomeOf(failure('dns'), seen), 'may-pass');
  for (const code of ['link-expired', 'disk-full', 'digest-mismatch', 'origin-missing'] as const)
    assert.equal(outcomeOf(failure(code), seen), 'failed');
});

test('an origin that was left alone, since its host has asked for that, was not tried', () => {
  const cause = new HostPaused('a', 1000);
  const error = new DragonloadError('origin-failed', 'It rests.', { mayPass: true, cause });
  assert.equal(outcomeOf({ kind: 'failed', error }, { wasFound: false, isTried: true }), 'held-off');
  assert.equal(outcomeOf({ kind: 'failed', error }, { wasFound: false, isTried: false }), 'failed');
});

test('what was told to stop has stopped', () => {
  assert.equal(outcomeOf({ kind: 'stopped' }, { wasFound: true, isTried: true }), 'stopped');
});
