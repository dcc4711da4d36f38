import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, judge } from './judge.ts';

const UNKNOWN = { sizeBytes: undefined, etag: undefined, lastModified: undefined };
const asked = (start: number, more: Partial<Asked> = {}): Asked => ({
  ranged: true,
  start,
  identity: { ...UNKNOWN, sizeBytes: 1000 },
  ...more,
});

test('a part that fits is taken', () => {
  assert.deepEqual(
    judge(206, { 'content-range': 'bytes 100-199/1000', 'content-length': '100' }, asked(100)),
    {
      kind: 'body',
      firstByte: 100,
      bodyEnd: 200,
      totalBytes: 1000,
      partial: true,
    },
  );
});

test('a part of a file of unknown length is taken', () => {
  assert.equal(judge(206, { 'content-range': 'bytes 100-199/*' }, asked(100)).kind, 'body');
});

test('a part that begins elsewhere is not taken', () => {
  for (const place of ['90-199', '99-199', '101-199', '0-99', '0-199'])
    assert.equal(judge(206, { 'content-range': `bytes ${place}/1000` }, asked(100)).kind, 'misfit', place);
});

test('a part without a place, with another unit, of several, or of a wrong length is not taken', () => {
  const answers = [
    {},
    { 'content-range': 'lines 100-199/1000' },
    { 'content-range': 'bytes 100-1000/1000' },
    { 'content-type': 'multipart/byteranges; boundary=x' },
    { 'content-range': 'bytes 100-199/1000', 'content-length': '101' },
  ];
  for (const headers of answers)
    assert.equal(judge(206, headers, asked(100)).kind, 'misfit', JSON.stringify(headers));
});

test('a part of another file is never used', () => {
  const found = judge(206, { 'content-range': 'bytes 100-199/1001' }, asked(100));
  assert.ok(found.kind === 'unusable' && found.totalBytes === 1001);
  const identity = { ...UNKNOWN, etag: '"a"' };
  const other = { 'content-range': 'bytes 100-199/1000', etag: '"b"' };
  assert.equal(judge(206, other, asked(100, { identity })).kind, 'unusable');
});

test('an encoded part is never used', () => {
  const headers = { 'content-range': 'bytes 0-99/1000', 'content-encoding': 'gzip' };
  assert.equal(judge(206, headers, asked(0)).kind, 'unusable');
  assert.equal(judge(206, { ...headers, 'content-encoding': 'identity' }, asked(0)).kind, 'body');
});

test('the whole file is taken only by whoever starts at its first byte', () => {
  assert.equal(judge(200, { 'content-length': '1000' }, asked(0)).kind, 'body');
  assert.equal(judge(200, { 'content-length': '1000' }, asked(1)).kind, 'misfit');
});

test('the whole of another file is never used', () => {
  assert.equal(judge(200, { 'content-length': '900' }, asked(0)).kind, 'unusable');
});

test('an encoded whole file is taken as it is, but not in place of a range', () => {
  const headers = { 'content-encoding': 'gzip', 'content-length': '1000' };
  assert.equal(judge(200, headers, asked(0, { ranged: false })).kind, 'body');
  assert.equal(judge(200, headers, asked(0)).kind, 'unusable');
});

test('an unsatisfiable range means a changed file, or the end of a stream of unknown length', () => {
  const headers = { 'content-range': 'bytes */500' };
  const changed = judge(416, headers, asked(600));
  assert.ok(
    changed.kind === 'unusable' &&
      changed.totalBytes === 500 &&
      changed.message.includes('now has 500 bytes'),
  );
  assert.equal(judge(416, headers, asked(500, { identity: UNKNOWN })).kind, 'at-end');
});

test('an unsatisfiable range that should be there is a mistake of the server', () => {
  assert.equal(judge(416, { 'content-range': 'bytes */1000' }, asked(600)).kind, 'misfit');
  assert.equal(judge(416, {}, asked(600)).kind, 'misfit');
  assert.equal(judge(416, {}, asked(500, { identity: UNKNOWN })).kind, 'misfit');
});

test('another ETag alone leaves it open whether the file has changed', () => {
  const identity = { ...UNKNOWN, sizeBytes: 1000, etag: '"a"' };
  const part = { 'content-range': 'bytes 100-199/1000', etag: '"b"' };
  assert.equal(judge(206, part, asked(100, { identity })).kind, 'other-etag');
  assert.equal(
    judge(200, { 'content-length': '1000', etag: '"b"' }, asked(0, { identity })).kind,
    'other-etag',
  );
  assert.equal(judge(206, part, asked(100, { identity, ignoreEtags: true })).kind, 'body');
  const dated = { ...identity, lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
  const alike = { ...part, 'last-modified': dated.lastModified };
  assert.equal(judge(206, alike, asked(100, { identity: dated })).kind, 'other-etag');
  const unsized = { ...alike, 'content-range': 'bytes 100-199/*' };
  assert.equal(judge(206, unsized, asked(100, { identity: dated })).kind, 'other-etag');
  const later = { ...part, 'last-modified': 'Tue, 02 Jan 2024 00:00:00 GMT' };
  assert.equal(judge(206, later, asked(100, { identity: dated })).kind, 'unusable');
  const longer = { ...part, 'content-range': 'bytes 100-199/1001' };
  assert.equal(judge(206, longer, asked(100, { identity })).kind, 'unusable');
});

test('a web page in the place of a file is told from the file', () => {
  const html = { 'content-type': 'text/html; charset=utf-8', 'content-length': '1000' };
  assert.equal(judge(200, html, asked(0, { wasPage: false })).kind, 'page');
  assert.equal(judge(200, html, asked(0, { wasPage: true })).kind, 'body');
  const part = { ...html, 'content-length': '100', 'content-range': 'bytes 100-199/1000' };
  assert.equal(judge(206, part, asked(100, { wasPage: false })).kind, 'body');
});

test('other statuses speak for themselves', () => {
  for (const status of [204, 304, 404, 500]) assert.equal(judge(status, {}, asked(0)).kind, 'status');
});
