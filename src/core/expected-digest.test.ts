import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from './errors.ts';
import { parseChecksum } from './expected-digest.ts';

const HEX = 'ab'.repeat(32);

test('a checksum is read with a colon or an equals sign, in any case', () => {
  for (const text of [
    `sha256:${HEX}`,
    `sha256=${HEX}`,
    `SHA-256=${HEX.toUpperCase()}`,
    `  sha256:${HEX}\n`,
  ]) {
    assert.deepEqual(parseChecksum(text, '--checksum'), { algorithm: 'sha256', hex: HEX, by: '--checksum' });
  }
  assert.equal(parseChecksum(`md5=${'0'.repeat(32)}`, 'x').algorithm, 'md5');
  assert.equal(parseChecksum(`sha-512=${'0'.repeat(128)}`, 'x').algorithm, 'sha512');
});

test('what is no checksum is refused with what to do instead', () => {
  for (const text of [
    '',
    HEX,
    `sha256:${HEX}0`,
    `sha256:${'xy'.repeat(32)}`,
    `crc64:${'0'.repeat(16)}`,
    'constructor:',
    `sha256 ${HEX}`,
  ]) {
    assert.throws(
      () => parseChecksum(text, 'x'),
      (error) => error instanceof DragonloadError && error.code === 'usage' && !!error.next,
    );
  }
});
