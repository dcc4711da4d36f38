import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Likeness, likeness, type Source } from './same-file.ts';

const source = (sizeBytes?: number, etag?: string, lastModified?: string, url = 'http://a/'): Source => ({
  url,
  identity: { sizeBytes, etag, lastModified },
});

const cases: readonly (readonly [what: string, before: Source, now: Source, verdict: Likeness])[] = [
  ['equal strong tags', source(5, '"a"'), source(5, '"a"'), 'same'],
  ['equal strong tags with other dates', source(5, '"a"', 'Mon'), source(5, '"a"', 'Tue'), 'same'],
  ['equal strong tags from a mirror', source(5, '"a"'), source(5, '"a"', undefined, 'http://b/'), 'same'],
  ['equal strong tags and another size', source(5, '"a"'), source(6, '"a"'), 'changed'],
  ['different strong tags', source(5, '"a"'), source(5, '"b"'), 'other-tag'],
  ['different strong tags with other dates', source(5, '"a"', 'Mon'), source(5, '"b"', 'Tue'), 'changed'],
  ['different strong tags with equal dates', source(5, '"a"', 'Mon'), source(5, '"b"', 'Mon'), 'other-tag'],
  [
    'different strong tags with equal dates, of another size',
    source(5, '"a"', 'Mon'),
    source(6, '"b"', 'Mon'),
    'changed',
  ],
  ['different strong tags elsewhere', source(5, '"a"'), source(5, '"b"', undefined, 'http://b/'), 'other'],
  ['equal dates', source(5, undefined, 'Mon'), source(5, undefined, 'Mon'), 'same'],
  ['equal dates under weak tags', source(5, 'W/"a"', 'Mon'), source(5, 'W/"b"', 'Mon'), 'same'],
  ['equal dates elsewhere', source(5, undefined, 'Mon'), source(5, undefined, 'Mon', 'http://b/'), 'other'],
  ['different dates', source(5, undefined, 'Mon'), source(5, undefined, 'Tue'), 'changed'],
  ['weak tags alone', source(5, 'W/"a"'), source(5, 'W/"a"'), 'size-only'],
  ['no validators at all', source(5), source(5), 'size-only'],
  ['no validators and another size', source(5), source(6), 'changed'],
  ['a validator that appeared', source(5), source(5, '"a"'), 'changed'],
  ['a size never learnt', source(), source(5), 'unknown'],
  ['a size never learnt under a strong tag', source(undefined, '"a"'), source(5, '"a"'), 'unknown'],
  [
    'a size that is no longer told',
    source(5, undefined, 'Mon'),
    source(undefined, undefined, 'Mon'),
    'unsized',
  ],
  ['a size that is no longer told under a strong tag', source(5, '"a"'), source(undefined, '"a"'), 'unsized'],
  ['a size that is no longer told of another file', source(5, '"a"'), source(undefined, '"b"'), 'changed'],
];

for (const [what, before, now, verdict] of cases) {
  test(`${what}: ${verdict}`, () => assert.equal(likeness(before, now), verdict));
}
