import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf, identityOf } from './validators.ts';

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

test('another size is another file, whatever else is equal', () => {
  assert.match(
    differenceOf(file(1, '"a"', MONDAY), file(2, '"a"', MONDAY)) ?? '',
    /had 1 bytes and now has 2/,
  );
});

test('another ETag is another file, even when it was modified at the same time', () => {
  assert.match(differenceOf(file(1, '"a"', MONDAY), file(1, '"b"', TUESDAY)) ?? '', /ETag/);
  assert.match(differenceOf(file(1, '"a"'), file(1, '"b"')) ?? '', /ETag/);
  assert.match(differenceOf(file(1, '"a"', MONDAY), file(1, '"b"', MONDAY)) ?? '', /ETag/);
});

test('where ETags say nothing the time of change does', () => {
  assert.equal(differenceOf(file(1, '"a"', MONDAY), file(1, '"b"', MONDAY), true), undefined);
  assert.equal(differenceOf(file(1, '"a"', MONDAY), file(1, '"b"'), true), undefined);
  assert.match(differenceOf(file(1, '"a"', MONDAY), file(1, '"b"', TUESDAY), true) ?? '', /modified/);
});

test('an equal ETag outweighs another time', () => {
  assert.equal(differenceOf(file(1, '"a"', MONDAY), file(1, '"a"', TUESDAY)), undefined);
});

test('without ETags another time is another file', () => {
  assert.match(differenceOf(file(1, undefined, MONDAY), file(1, undefined, TUESDAY)) ?? '', /modified/);
  assert.match(differenceOf(file(1, '"a"', MONDAY), file(1, undefined, TUESDAY)) ?? '', /modified/);
});

test('what one of them does not know is not compared', () => {
  assert.equal(differenceOf(file(1, '"a"', MONDAY), file(undefined)), undefined);
  assert.equal(differenceOf(file(undefined), file(5, '"b"', TUESDAY)), undefined);
});
