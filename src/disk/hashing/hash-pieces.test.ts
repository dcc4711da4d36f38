import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { bytesOf, fill, openPart, temporaryDirectory } from '../../testing/disk/parts.ts';
import { crc32c } from '../digests/crc32c.ts';

const hashesOf = (content: Buffer, algorithm: string, pieceBytes: number) =>
  Array.from({ length: Math.ceil(content.length / pieceBytes) }, (_, piece) =>
    createHash(algorithm)
      .update(content.subarray(piece * pieceBytes, (piece + 1) * pieceBytes))
      .digest('hex'),
  );

for (const sizeBytes of [0, 1, 70_000, 3 * 1024 * 1024 + 5]) {
  test(`the pieces that others cut a file of ${sizeBytes} bytes into are hashed, before and after its end`, async (t) => {
    const content = bytesOf(sizeBytes);
    const part = await openPart(t, await temporaryDirectory(t), content);
    await fill(part, content);
    const cuts: [string, number][] = [
      ['sha-256', 10_000],
      ['sha1', 262_144],
      ['md5', 1],
      ['sha512', 2 ** 40],
    ];
    for (const [algorithm, pieceBytes] of cuts) {
      if (sizeBytes / pieceBytes > 100_000) continue;
      const expected = hashesOf(content, algorithm.replace('-', ''), pieceBytes);
      assert.deepEqual(await part.hashPieces(algorithm, pieceBytes), expected);
    }
    await part.finish();
    assert.deepEqual(await part.hashPieces('sha256', 65_536), hashesOf(content, 'sha256', 65_536));
    await part[Symbol.asyncDispose]();
    await assert.rejects(part.hashPieces('sha256', 65_536), { code: 'internal' });
  });
}

test('a file of more than one turn is hashed to its end', async (t) => {
  const content = bytesOf(40 * 1024 * 1024 + 1);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await fill(part, content);
  assert.deepEqual(await part.hashPieces('sha1', 3_000_001), hashesOf(content, 'sha1', 3_000_001));
});

test('pieces of a size or a kind that cannot be are refused', async (t) => {
  const content = bytesOf(2_000_002);
  const part = await openPart(t, await temporaryDirectory(t), content);
  await fill(part, content);
  for (const pieceBytes of [0, -1, 1.5, Number.NaN, 2])
    await assert.rejects(part.hashPieces('sha256', pieceBytes), { code: 'bad-list' });
  await assert.rejects(part.hashPieces('sha3', 1000), { code: 'usage' });
});

test('a file is held to a CRC that its publisher stated, told early or late', async (t) => {
  const content = bytesOf(3 * 1024 * 1024 + 7);
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  const expected = [
    { algorithm: 'crc32c', hex: hex(crc32c(content)), by: 'the origin' },
    { algorithm: 'crc32', hex: hex(crc32(content)), by: 'the origin' },
  ] as const;
  for (const digests of [['crc32c', 'crc32'], []]) {
    const part = await openPart(t, await temporaryDirectory(t), content, { digests, pieceDigest: 'crc32' });
    await fill(part, content);
    await assert.rejects(part.finish([{ algorithm: 'crc32c', hex: '00000000', by: 'the origin' }]), {
      code: 'digest-mismatch',
    });
    const done = await part.finish(expected);
    assert.equal(done.digests.crc32c, expected[0]!.hex);
  }
});
