import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Geometry } from '../../core/geometry.ts';
import type { PieceRecord } from '../../core/messages.ts';
import { digestOf, type PieceDigest, pieceDigestOf } from '../../disk/digests/digest.ts';
import type { PartOptions } from '../../disk/files/part-options.ts';
import { Part } from '../../disk/part.ts';

/** For tests: a directory of their own that goes with the test. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dragonload-disk-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/**
 * For tests: a directory on a disk of its own, which goes with the test; undefined, and the test is skipped, where none
 * can be had. `options` are those of tmpfs(5), such as `size=3m`.
 */
export async function smallDisk(t: TestContext, options: string): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'dragonload-disk-'));
  let isMounted = false;
  t.after(async () => {
    // Lazily, so that what a failed test has left open does not hold it up.
    if (isMounted) execFileSync('umount', ['-l', path]);
    await rmdir(path);
  });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    t.skip('a small file system cannot be mounted here: that takes Linux and root');
    return undefined;
  }
  isMounted = true;
  return path;
}

/** For tests: takes all the room that a disk has, but for `leftBytes`, with a file that it gives the path of. */
export function fillUp(directory: string, leftBytes: number): string {
  const path = join(directory, 'other');
  const file = openSync(path, 'wx');
  try {
    // The last write takes what there is.
    while (writeSync(file, Buffer.alloc(64 * 1024, 1)) > 0);
  } catch {
    ftruncateSync(file, Math.max(0, fstatSync(file).size - leftBytes));
  }
  closeSync(file);
  return path;
}

/** For tests: bytes that differ from block to block, the same for the same seed. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at + 4 <= length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** For tests: bytes `start` to `end - 1` of a part, whatever is there. */
export async function readBack(part: Part, start: number, end: number): Promise<Buffer> {
  const target = Buffer.alloc(end - start);
  await part.read(target, start);
  return target;
}

/** For tests: compares without the diff, which takes minutes for megabytes. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.ok(Buffer.compare(actual, expected) === 0, 'the bytes differ');
}

/** For tests: a record with the true digest of a piece of `content`, unsigned. */
export function recordOf(
  content: Uint8Array,
  geometry: Geometry,
  piece: number,
  pieceDigest: PieceDigest = 'sha256',
): PieceRecord {
  const bytes = content.subarray(geometry.startOf(piece), Math.min(geometry.endOf(piece), content.length));
  const digest = digestOf(pieceDigest);
  digest.update(bytes);
  return {
    piece,
    sha256: new Uint8Array(digest.digest()),
    signer: 'a'.repeat(64),
    signature: new Uint8Array(64).fill(7),
  };
}

/** For tests: a part of `content` in `directory`, closed after the test. */
export async function openPart(
  t: TestContext,
  directory: string,
  content: Uint8Array,
  options: Partial<PartOptions> = {},
): Promise<Part> {
  const part = await Part.open({
    directory,
    fileName: 'file.bin',
    url: 'http://origin.test/file.bin',
    identity: { sizeBytes: content.length, etag: '"one"', lastModified: undefined },
    geometry: new Geometry(content.length),
    dataDir: join(directory, 'data'),
    ...options,
  });
  t.after(() => part[Symbol.asyncDispose]());
  return part;
}

/** For tests: writes `start` to `end` of `content` by one writer in chunks, and waits until it is on disk. */
export async function writeRange(
  part: Part,
  content: Uint8Array,
  start: number,
  end: number,
  chunkBytes = 65_536,
): Promise<void> {
  const writer = part.writer(start, end, () => {});
  for (let at = start; at < end; at += chunkBytes)
    await writer.write(content.subarray(at, Math.min(end, at + chunkBytes)));
  await writer.close();
}

/** For tests: hashes and keeps a piece of `content`. */
export async function keepPiece(part: Part, content: Uint8Array, piece: number): Promise<void> {
  const pieceDigest = pieceDigestOf(await part.hash(piece));
  await part.keep(recordOf(content, part.geometry, piece, pieceDigest));
}

/** For tests: all of `content`, written and kept. */
export async function fill(part: Part, content: Uint8Array): Promise<void> {
  await writeRange(part, content, 0, content.length);
  for (let piece = 0; piece < (part.geometry.pieceCount ?? 0); piece++) await keepPiece(part, content, piece);
}
