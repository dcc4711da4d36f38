import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DIGEST_KINDS } from '../../core/digest-kinds.ts';
import { digestsOf, duplicateDigests, linkedDigest, wantHeaders } from './digests.ts';

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
    [{ 'x-goog-hash': 'crc32c=yZRlqg==' }, 'crc32c:c99465aa'],
    [{ digest: 'crc32c=c99465aa' }, 'crc32c:c99465aa'],
    [
      { 'repr-digest': `sha-512=:${of('sha512').toString('base64')}:;q=1` },
      `sha512:${of('sha512').toString('hex')}`,
    ],
    [
      { 'repr-digest': `sha-384=:${of('sha384').toString('base64')}:` },
      `sha384:${of('sha384').toString('hex')}`,
    ],
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

test('a CRC counts only when nothing better is stated', () => {
  const crc = 'crc32c=AAAAAA==';
  assert.deepEqual(read({ 'x-goog-hash': crc }), ['crc32c:00000000']);
  assert.deepEqual(read({ 'x-goog-hash': `${crc}, md5=${MD5.toString('base64')}` }), [
    `md5:${MD5.toString('hex')}`,
  ]);
});

test('checksums of S3 count for the whole object only', () => {
  const headers = { 'x-amz-checksum-sha256': SHA256.toString('base64') };
  const expected = [`sha256:${SHA256.toString('hex')}`];
  assert.deepEqual(read(headers, true), expected);
  assert.deepEqual(read(headers, false), []);
  assert.deepEqual(read({ ...headers, 'x-amz-checksum-type': 'FULL_OBJECT' }, false), expected);
  assert.deepEqual(read({ ...headers, 'x-amz-checksum-type': 'COMPOSITE' }, true), []);
  assert.deepEqual(read({ 'x-amz-checksum-sha256': `${SHA256.toString('base64')}-3` }, true), []);
  assert.deepEqual(read({ 'x-amz-checksum-crc32': 'AAAAAA==' }, true), ['crc32:00000000']);
});

test('what is stated twice is told once, and what contradicts itself twice', () => {
  const other = createHash('sha256').update('other').digest();
  const headers = {
    'repr-digest': `sha-256=:${SHA256.toString('base64')}:`,
    'x-checksum-sha256': SHA256.toString('hex'),
  };
  assert.equal(read(headers).length, 1);
  assert.deepEqual(read({ ...headers, 'x-checksum-sha256': other.toString('hex') }), [
    `sha256:${SHA256.toString('hex')}`,
    `sha256:${other.toString('hex')}`,
  ]);
});

test('a pre-signed URL is sent no header that S3 would have had to sign', () => {
  const has = (url: string) => 'x-amz-checksum-mode' in wantHeaders(new URL(url));
  assert.equal(has('https://b.s3.amazonaws.com/file?versionId=1'), true);
  assert.equal(has('https://b.s3.amazonaws.com/file?X-Amz-Algorithm=A&X-Amz-Signature=B'), false);
  assert.equal(has('https://b.s3.amazonaws.com/file?AWSAccessKeyId=A&Signature=B&Expires=1'), false);
});

test('a redirect to a mirror states strong digests of the file, another one none', () => {
  const digest = `MD5=${MD5.toString('base64')},SHA-256=${SHA256.toString('base64')}`;
  const link = '<http://b.org/file>; rel=duplicate; pri=1';
  assert.deepEqual(
    duplicateDigests({ digest, link }, 'a.org').map(({ hex }) => hex),
    [SHA256.toString('hex')],
  );
  assert.deepEqual(duplicateDigests({ digest }, 'a.org'), []);
});

test('whatever the headers say, only digests of the right length come out', () => {
  const names = [
    'repr-digest',
    'digest',
    'x-goog-hash',
    'content-md5',
    'x-amz-checksum-crc32',
    'x-checksum-sha1',
  ];
  const piece = fc.constantFrom(
    'sha-256',
    'md5',
    'crc32c',
    '=',
    ':',
    ',',
    ';',
    'AAAAAA==',
    MD5.toString('base64'),
  );
  const value = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), fc.boolean(), (headers, whole) => {
      for (const { algorithm, hex } of digestsOf(headers, 'a.org', whole))
        assert.match(hex, new RegExp(`^[0-9a-f]{${2 * DIGEST_KINDS[algorithm].bytes}}$`));
    }),
  );
});
