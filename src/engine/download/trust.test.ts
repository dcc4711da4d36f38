import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOBODY, THE_ROOM, trustOf, trustOfLocal } from './trust.ts';

const HEX = 'ab'.repeat(32);

test('a digest that was expected and matched is the best that can be said', () => {
  const expected = [{ algorithm: 'sha256', hex: HEX, by: '--checksum' }] as const;
  assert.deepEqual(trustOf(expected, ['x'], 'me'), {
    kind: 'publisher-verified',
    by: 'sha256 from --checksum',
  });
});

test('a digest that another member named makes nobody a publisher', () => {
  const room = { algorithm: 'sha256', hex: HEX, by: THE_ROOM } as const;
  assert.deepEqual(trustOf([room], ['me', 'x'], 'me'), { kind: 'room-consistent', auditedShare: 0 });
  const own = { algorithm: 'md5', hex: HEX, by: 'Content-MD5 of example.org' } as const;
  assert.deepEqual(trustOf([room, own], ['x'], 'me'), {
    kind: 'publisher-verified',
    by: `${own.algorithm} from ${own.by}`,
  });
});

test('without one, a file is self-verified only if every piece came to this member from the origin', () => {
  assert.deepEqual(trustOf([], ['me', NOBODY], 'me'), { kind: 'self-verified' });
  assert.deepEqual(trustOf([], [], 'me'), { kind: 'self-verified' });
  assert.deepEqual(trustOf([], ['me', 'x'], 'me'), { kind: 'room-consistent', auditedShare: 0 });
  assert.deepEqual(trustOf([], ['x'], NOBODY), { kind: 'room-consistent', auditedShare: 0 });
});

test('a checksum as weak as a CRC makes nothing verified, and what was imported says so', () => {
  const crc = [{ algorithm: 'crc32c', hex: '00000000', by: 'x-goog-hash' }] as const;
  assert.deepEqual(trustOf(crc, [], 'me'), { kind: 'self-verified' });
  const imported = { bytes: 1000, comparedBytes: 250 };
  assert.deepEqual(trustOf(crc, [], 'me', imported), { kind: 'imported', comparedShare: 0.25 });
  assert.equal(trustOf(crc, ['x'], 'me', imported).kind, 'room-consistent');
});

test('what came from another address on the word of samples alone says so, unless its publisher vouches for the whole', () => {
  const mirrored = { bytes: 1000, comparedBytes: 50 };
  assert.deepEqual(trustOf([], ['me'], 'me', undefined, mirrored), { kind: 'mirrored', comparedShare: 0.05 });
  const digest = [{ algorithm: 'sha256', hex: HEX, by: '--checksum' }] as const;
  assert.equal(trustOf(digest, ['me'], 'me', undefined, mirrored).kind, 'publisher-verified');
  assert.equal(trustOf([], ['x'], 'me', undefined, mirrored).kind, 'room-consistent');
  // With both, the share is that of the one of which less is known.
  for (const [bytes, share] of [
    [100, 0.05],
    [4000, 0.0125],
  ] as const) {
    const imported = { bytes, comparedBytes: 50 };
    const trust = trustOf([], ['me'], 'me', imported, mirrored);
    assert.deepEqual(trust, { kind: 'imported', comparedShare: share });
  }
});

test('of a file that was here before only a digest tells anything', () => {
  assert.deepEqual(trustOfLocal([]), { kind: 'imported', comparedShare: 0 });
  const digest = [{ algorithm: 'sha256', hex: HEX, by: 'the given checksum' }] as const;
  assert.equal(trustOfLocal(digest).kind, 'publisher-verified');
  const crc = [{ algorithm: 'crc32', hex: '00000000', by: 'a list' }] as const;
  assert.equal(trustOfLocal(crc).kind, 'imported');
});
