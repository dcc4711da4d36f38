import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHttpDate } from './http-date.ts';

const MOMENT = 784_111_777;

test('all three forms of a date mean the same moment', () => {
  for (const text of [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    ' sun, 6 nov 1994 08:49:37 utc ',
  ])
    assert.equal(parseHttpDate(text), MOMENT, text);
});

test('dates as Node prints them are read as Node reads them', () => {
  for (const seconds of [0, 951_782_400, 1_704_067_200, 4_102_444_799]) {
    const text = new Date(seconds * 1000).toUTCString();
    assert.equal(parseHttpDate(text), seconds, text);
  }
});

test('two digits of a year are of 1970 to 2069', () => {
  assert.equal(parseHttpDate('Thursday, 01-Jan-70 00:00:00 GMT'), 0);
  assert.equal(parseHttpDate('Tuesday, 01-Jan-69 00:00:00 GMT'), Date.UTC(2069, 0, 1) / 1000);
});

test('what is no date of HTTP is none', () => {
  for (const text of [
    '',
    'yesterday',
    'Mon',
    '1994',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, Mon',
  ])
    assert.equal(parseHttpDate(text), undefined, text);
});
