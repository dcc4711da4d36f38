import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Geometry } from '../../core/geometry.ts';
import type { LeftoverOptions } from '../../disk/leftovers/import-leftover.ts';
import { bytesOf, fill, openPart, sha256 } from './parts.ts';

const PIECE = 256 * 1024;
/** For tests: what the origin has. Its last byte is not zero: zeros at the end count as room made in advance. */
export const content = bytesOf(40 * PIECE + 77).fill(1, 40 * PIECE + 76);

/** For tests: `file.bin` in a directory as a leftover of `content`. */
export function options(
  directory: string,
  notices: string[],
  changes: Partial<LeftoverOptions> = {},
): LeftoverOptions {
  return {
    leftover: join(directory, 'file.bin'),
    directory,
    fileName: 'file.bin',
    url: 'http://origin.test/file.bin',
    identity: { sizeBytes: content.length, etag: '"one"', lastModified: undefined },
    geometry: new Geometry(content.length),
    dataDir: join(directory, 'data'),
    compare: async (start, end) => content.subarray(start, end),
    onNotice: (notice) => notices.push(notice),
    ...changes,
  };
}

/** For tests: goes on with an imported part to the end, and checks the file. */
export async function finish(t: TestContext, directory: string, changes = {}): Promise<number> {
  const part = await openPart(t, directory, content, { pieceDigest: 'crc32', ...changes });
  const resumed = part.resumed.length;
  await fill(part, content);
  assert.equal((await part.finish()).sha256, sha256(content));
  return resumed;
}

/** For tests: what stands in a control file. */
export interface WrittenControl {
  readonly version?: number;
  readonly infoHashBytes?: number;
  readonly pieceBytes: number;
  readonly sizeBytes: number;
  readonly bitfield: readonly number[];
  readonly inFlight?: readonly (readonly [index: number, length: number, bitfield: readonly number[]])[];
}

/** For tests: a control file as the manual of aria2 describes it. */
export function writtenControl({
  version = 1,
  infoHashBytes = 0,
  pieceBytes,
  sizeBytes,
  bitfield,
  inFlight = [],
}: WrittenControl): Buffer {
  const number = (value: number, bytes: 4 | 8) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, Math.max(0, bytes - 6), Math.min(bytes, 6));
    return version === 0 ? buffer.reverse() : buffer;
  };
  return Buffer.concat([
    Buffer.of(0, version),
    Buffer.of(0, 0, 0, infoHashBytes > 0 ? 1 : 0),
    number(infoHashBytes, 4),
    Buffer.alloc(infoHashBytes, 5),
    number(pieceBytes, 4),
    number(sizeBytes, 8),
    number(0, 8),
    number(bitfield.length, 4),
    Buffer.from(bitfield),
    number(inFlight.length, 4),
    ...inFlight.flatMap(([index, length, bits]) => [
      number(index, 4),
      number(length, 4),
      number(bits.length, 4),
      Buffer.from(bits),
    ]),
  ]);
}
