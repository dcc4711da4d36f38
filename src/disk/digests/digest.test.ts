import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DIGEST_KINDS, DIGEST_NAMES } from '../../core/digest-kinds.ts';
import { bytesOf } from '../../testing/disk/parts.ts';
import { crc32c } from './crc32c.ts';
import { digestOf } from './digest.ts';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('CRC-32C gives what RFC 3720, B.4 and the catalogue of CRCs say', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, at) => at);
  const examples: [Uint8Array, number][] = [
    [new Uint8Array(), 0],
    [Buffer.from('123456789'), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.toReversed(), 0x113fdb5c],
  ];
  for (const [bytes, expected] of examples) assert.equal(crc32c(bytes), expected);
});

test('CRC-32C is the same bit by bit, however the bytes are cut', () => {
  const slow = (bytes: Uint8Array) => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), slow(bytes));
    }),
  );
});

test('every digest that can be stated can be computed, and a copy goes its own way', () => {
  const bytes = bytesOf(1000);
  for (const algorithm of DIGEST_NAMES) {
    const digest = digestOf(algorithm);
    digest.update(bytes.subarray(0, 500));
    const copy = digest.copy();
    digest.update(bytes.subarray(500));
    const whole = digest.digest();
    assert.equal(whole.length, DIGEST_KINDS[algorithm].bytes);
    copy.update(bytes.subarray(500));
    assert.equal(hexOf(copy.digest()), hexOf(whole), algorithm);
  }
});
