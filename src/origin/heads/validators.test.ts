import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileIdentity } from '../../core/messages.ts';
import { changeOf, identityOf } from './validators.ts';

const MONDAY = 'Mon, 01 Jan 2024 00:00:00 GMT';
const TUESDAY = 'Tue, 02 Jan 2024 00:00:00 GMT';
const file = (sizeBytes: number | undefined, etag?: string, lastModified?: string) => ({
  sizeBytes,
  etag,
  lastModified,
});

test('only strong ETags are kept', () => {
  assert.equal(identityOf({ etag: '"a"' }, 1).etag, '"a"');
  for (const etag of ['W/"a"', 'a', '""', `"${'x'.repeat(300)}"`])
    assert.equal(identityOf({ etag }, 1).etag, undefined);
});

test('what has changed is said in a sentence, and nothing where nothing has', () => {
  const change = (before: FileIdentity, now: FileIdentity) => changeOf('rangeAnswer', before, now);
  assert.match(change(file(1, '"a"', MONDAY), file(2, '"a"', MONDAY)) ?? '', /had 1 bytes and now has 2/);
  assert.match(change(file(1, '"a"', MONDAY), file(1, '"b"', TUESDAY)) ?? '', /another ETag/);
  assert.match(change(file(1, undefined, MONDAY), file(1, undefined, TUESDAY)) ?? '', /modified/);
  assert.equal(change(file(1, '"a"', MONDAY), file(undefined)), undefined);
});

test('where ETags say nothing the time of change does', () => {
  const change = (before: FileIdentity, now: FileIdentity) => changeOf('otherEtag', before, now);
  assert.equal(change(file(1, '"a"', MONDAY), file(1, '"b"', MONDAY)), undefined);
  assert.match(change(file(1, '"a"', MONDAY), file(1, '"b"', TUESDAY)) ?? '', /modified/);
});
