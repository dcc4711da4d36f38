import { type FileHandle, lstat, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { compareFiles } from '../../core/file-identity.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { codeOf } from '../files/disk-error.ts';
import { NO_FOLLOW, readInto } from '../files/part-file.ts';
import { CONTROL_SUFFIX, MAX_CONTROL_BYTES, readAria2Control } from './aria2-control.ts';

const SCAN_BYTES = 1024 * 1024;

/** What is known of a leftover. */
export interface Claimed {
  /** The ranges that it claims to hold, not compared yet: in order, without overlaps, within the file. */
  readonly ranges: readonly ByteRange[];
  /** The control file it is from; undefined for a bare file. */
  readonly controlPath: string | undefined;
}

/** The path of a leftover of aria2 with this name or path, which has its control file beside it in the directory. */
export async function findLeftover(directory: string, fileName: string): Promise<string | undefined> {
  const path = resolve(directory, fileName);
  return (await isPlainFile(path)) && (await isPlainFile(path + CONTROL_SUFFIX)) ? path : undefined;
}

/**
 * The ranges that an open leftover claims to hold of a file of `sizeBytes`, or why it cannot belong to that file, as
 * the end of a sentence. With a control file of aria2 beside it, the ranges in that; else its bytes up to the last one
 * that is not zero, since a file that was preallocated ends in zeros.
 */
export async function claimedBy(
  path: string,
  file: FileHandle,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<Claimed | string> {
  const { size } = await file.stat();
  if (size > sizeBytes) return `it has ${size} bytes, and the whole file ${sizeBytes}`;
  const controlPath = path + CONTROL_SUFFIX;
  if (await isPlainFile(controlPath)) {
    const control = await readControl(controlPath);
    if (control === undefined) return `${controlPath} cannot be understood`;
    const { verdict } = compareFiles('leftover', { sizeBytes: control.sizeBytes }, { sizeBytes });
    if (verdict === 'different') {
      return `it is a part of a file of ${control.sizeBytes} bytes, and this one has ${sizeBytes}`;
    }
    if ((control.ranges.at(-1)?.end ?? 0) > size)
      return `it is shorter than ${controlPath} says that it should be`;
    return { ranges: control.ranges, controlPath };
  }
  const end = await endOfContent(file, size, signal);
  return { ranges: end === 0 ? [] : [{ start: 0, end }], controlPath: undefined };
}

async function readControl(path: string): Promise<ReturnType<typeof readAria2Control>> {
  await using file = await open(path, NO_FOLLOW);
  const { size } = await file.stat();
  if (size > MAX_CONTROL_BYTES) return undefined;
  const bytes = Buffer.alloc(size);
  await readInto(file, bytes, 0);
  return readAria2Control(bytes);
}

/** Offset just past the last byte that is not zero. */
async function endOfContent(file: FileHandle, size: number, signal?: AbortSignal): Promise<number> {
  const buffer = Buffer.alloc(SCAN_BYTES);
  const zeros = Buffer.alloc(SCAN_BYTES);
  for (let end = size; end > 0; ) {
    signal?.throwIfAborted();
    const start = Math.max(0, end - SCAN_BYTES);
    const bytes = buffer.subarray(0, end - start);
    await readInto(file, bytes, start);
    if (Buffer.compare(bytes, zeros.subarray(0, bytes.length)) !== 0) {
      return start + bytes.findLastIndex((byte) => byte !== 0) + 1;
    }
    end = start;
  }
  return 0;
}

async function isPlainFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return false;
    throw thrown;
  }
}
