import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestsOf, linkedDigest } from './digests.ts';

const of = (algorithm: string) => createHash(algorithm).update('file').digest();
const SHA256 = of('sha256');
const MD5 = of('md5');
const read = (headers: Record<string, string>, whole = false) =>
  digestsOf(headers, 'a.org', whole).map(({ algorithm, hex }) => `${algorithm}:${hex}`);

test('digests of the whole file are read from every header that states one', () => {
  const cases: [Record<string, string>, string][] = [
    [{ 'repr-digest': `sha-256=:${SHA256.toString('base64')}:` }, `sha256:${SHA256.toString('hex')}`],
    [{ digest: `SHA-256=${SHA256.toString('base64')}` }, `sha256:${SHA256.toString('hex')}`],
    [{ 'x-goog-hash': `crc32c=AAAAAA==, md5=${MD5.toString('base64')}` }, `md5:${MD5.toString('hex')}`],
    [{ 'x-ms-blob-content-md5': MD5.toString('base64') }, `md5:${MD5.toString('hex')}`],
    [{ 'x-checksum-sha256': SHA256.toString('hex').toUpperCase() }, `sha256:${SHA256.toString('hex')}`],
  ];
  for (const [headers, expected] of cases)
    assert.deepEqual(read(headers), [expected], JSON.stringify(headers));
});

test('several digests come with SHA-256 first', () => {
  const sha512 = of('sha512').toString('base64');
  const header = `md5=:${MD5.toString('base64')}:, sha-512=:${sha512}:, sha-256=:${SHA256.toString('base64')}:`;
  assert.deepEqual(
    digestsOf({ 'repr-digest': header }, 'a.org', false).map((one) => one.algorithm),
    ['sha256', 'sha512', 'md5'],
  );
});

test('Content-MD5 counts only when the answer is the whole file', () => {
  const headers = { 'content-md5': MD5.toString('base64') };
  assert.deepEqual(read(headers, false), []);
  assert.deepEqual(read(headers, true), [`md5:${MD5.toString('hex')}`]);
});

test('encoded answers state no digest of the file', () => {
  const md5 = `md5=${MD5.toString('base64')}`;
  assert.deepEqual(read({ 'x-goog-hash': md5, 'content-encoding': 'gzip' }), []);
  assert.deepEqual(read({ 'x-goog-hash': md5, 'x-goog-stored-content-encoding': 'gzip' }), []);
});

test('digests of a wrong length or with strange characters are left out', () => {
  for (const value of [
    ':AAAA:',
    SHA256.toString('base64'),
    ':!!!!:',
    `:${SHA256.toString('base64')}AA:`,
    '',
  ]) {
    assert.deepEqual(read({ 'repr-digest': `sha-256=${value}` }), [], value);
  }
  assert.deepEqual(read({ 'repr-digest': `adler=:${MD5.toString('base64')}:` }), []);
});

test('a linked ETag counts when it is a SHA-256', () => {
  const hex = SHA256.toString('hex');
  assert.equal(linkedDigest({ 'x-linked-etag': `"${hex}"` }, 'a.org')?.hex, hex);
  assert.equal(linkedDigest({ 'x-linked-etag': '"abc"' }, 'a.org'), undefined);
  assert.equal(linkedDigest({}, 'a.org'), undefined);
});
