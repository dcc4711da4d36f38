import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byPreference, digestKind, isDigestHex, isStrongDigest, worthChecking } from './digest-kinds.ts';

test('a kind is known by every usual spelling of its name', () => {
  const spellings = ['SHA-256', 'sha256', 'sha_256', 'SHA-1', 'md5', 'CRC-32C', 'crc32'];
  const kinds = ['sha256', 'sha256', 'sha256', 'sha1', 'md5', 'crc32c', 'crc32'];
  assert.deepEqual(spellings.map(digestKind), kinds);
  for (const name of ['', 'sha', 'sha3-256', 'toString', '__proto__'])
    assert.equal(digestKind(name), undefined);
});

test('what can be forged is not strong', () => {
  assert.deepEqual(['sha-256', 'sha512', 'sha384'].map(isStrongDigest), [true, true, true]);
  assert.deepEqual(['sha1', 'md5', 'crc32', 'crc32c', 'blake3'].map(isStrongDigest), Array(5).fill(false));
});

test('hex has to be hex, and of the right length', () => {
  assert.equal(isDigestHex('crc32', '00c0FFee'), true);
  for (const hex of ['', '00c0ffe', '00c0ffeg', '00c0ffee0']) assert.equal(isDigestHex('crc32', hex), false);
});

const of = (...kinds: ('sha256' | 'sha512' | 'md5' | 'crc32c' | 'sha1')[]) =>
  kinds.map((algorithm, at) => ({ algorithm, at }));

test('the best kind is worth checking, with all that contradict each other', () => {
  assert.deepEqual(worthChecking(of('md5', 'sha512', 'sha256', 'crc32c', 'sha256')), [
    { algorithm: 'sha256', at: 2 },
    { algorithm: 'sha256', at: 4 },
  ]);
  assert.deepEqual(worthChecking(of('crc32c', 'md5')), [{ algorithm: 'md5', at: 1 }]);
  assert.deepEqual(worthChecking(of('crc32c')), [{ algorithm: 'crc32c', at: 0 }]);
  assert.deepEqual(worthChecking([]), []);
  assert.deepEqual(
    byPreference(of('crc32c', 'md5', 'sha1', 'sha512', 'sha256')).map(({ at }) => at),
    [4, 3, 2, 1, 0],
  );
});
