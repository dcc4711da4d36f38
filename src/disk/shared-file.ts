import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { DigestKind } from '../core/digest-kinds.ts';
import { DragonloadError } from '../core/errors.ts';
import { Geometry, isPossibleSize, pieceBytesFor } from '../core/geometry.ts';
import { advice } from '../core/hint.ts';
import { type Algorithm, digestOf } from './digests/digest.ts';
import { codeOf, diskError, onDisk } from './files/disk-error.ts';

/** So much is read at a time: other work gets its turn in between. */
const READ_BYTES = 1024 * 1024;

export interface SharedFileOptions {
  /** Digests of the whole file to compute beside SHA-256. */
  readonly digests?: readonly DigestKind[] | undefined;
  /** How far the file has been read, in bytes. */
  readonly onProgress?: ((readBytes: number, sizeBytes: number) => void) | undefined;
  /** Stops the reading; `open` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What the file system says about a file: enough to notice that it was written to. */
interface FileStamp {
  readonly sizeBytes: bigint;
  readonly modifiedNs: bigint;
}

/**
 * A finished file that is read for others and never written, renamed or locked. It is hashed once, when it is opened;
 * from then on reads fail when the file has been changed meanwhile, instead of giving bytes that may be of another. A
 * file that is replaced or removed under its name can still be read as it was.
 */
export class SharedFile implements AsyncDisposable {
  readonly path: string;
  readonly geometry: Geometry;
  /** SHA-256 of each piece, in order. */
  readonly pieces: readonly Uint8Array[];
  /** Of the whole file, in lower-case hex: SHA-256 and those that were asked for. */
  readonly digests: ReadonlyMap<DigestKind, string>;
  readonly #file: FileHandle;
  readonly #stamp: FileStamp;
  #isClosed = false;

  private constructor(path: string, file: FileHandle, stamp: FileStamp, hashes: Hashes) {
    this.path = path;
    this.#file = file;
    this.#stamp = stamp;
    this.geometry = hashes.geometry;
    this.pieces = hashes.pieces;
    this.digests = hashes.digests;
  }

  /**
   * Opens a plain file and hashes it. Throws `usage` for what is not there, no plain file or closed to this user,
   * `origin-changed` for a file that is being written to, `unwritable` when the disk fails, and the signal's reason.
   */
  static async open(path: string, options: SharedFileOptions = {}): Promise<SharedFile> {
    const file = await openPlain(path);
    try {
      const stamp = await stampOf(file);
      const hashes = await hashFile(file, Number(stamp.sizeBytes), path, options);
      if (!isEqual(stamp, await stampOf(file))) throw changed(path);
      return new SharedFile(path, file, stamp, hashes);
    } catch (thrown) {
      await file.close();
      throw codeOf(thrown) === undefined ? thrown : diskError(thrown, path);
    }
  }

  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  get sha256(): string {
    return this.digests.get('sha256') ?? '';
  }

  get sizeBytes(): number {
    return Number(this.#stamp.sizeBytes);
  }

  /**
   * Fills all of `target` with the bytes from `offset` on. Throws `origin-changed` when the file is not what was hashed
   * any more: what `target` holds then must not be used. Throws `unwritable` when the disk fails.
   */
  async read(target: Uint8Array, offset: number): Promise<void> {
    const bytesRead = await onDisk(this.path, () => fill(this.#file, target, offset));
    // After the reading: what was written before it or meanwhile shows.
    if (bytesRead < target.length || !isEqual(this.#stamp, await stampOf(this.#file)))
      throw changed(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }
}

interface Hashes {
  readonly geometry: Geometry;
  readonly pieces: readonly Uint8Array[];
  readonly digests: ReadonlyMap<DigestKind, string>;
}

/** Hashes the pieces and the whole in one read. */
async function hashFile(
  file: FileHandle,
  sizeBytes: number,
  path: string,
  { digests = [], onProgress, signal }: SharedFileOptions,
): Promise<Hashes> {
  const geometry = new Geometry(sizeBytes, pieceBytesFor(sizeBytes));
  const whole = [...new Set<Algorithm>(['sha256', ...digests])].map((algorithm) => ({
    algorithm,
    hash: digestOf(algorithm),
  }));
  const pieces: Uint8Array[] = [];
  const block = Buffer.allocUnsafe(Math.max(1, Math.min(READ_BYTES, sizeBytes)));
  for (let piece = 0; piece < (geometry.pieceCount ?? 0); piece++) {
    const hash = createHash('sha256');
    const end = geometry.endOf(piece);
    for (let at = geometry.startOf(piece); at < end; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, Math.min(block.length, end - at), at);
      if (bytesRead === 0) throw changed(path);
      const bytes = block.subarray(0, bytesRead);
      hash.update(bytes);
      for (const one of whole) one.hash.update(bytes);
      at += bytesRead;
      onProgress?.(at, sizeBytes);
    }
    pieces.push(hash.digest());
  }
  const found = whole.map(
    ({ algorithm, hash }) => [algorithm, Buffer.from(hash.digest()).toString('hex')] as const,
  );
  return { geometry, pieces, digests: new Map(found) };
}

async function openPlain(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    // Opening a pipe would wait until another process writes to it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === undefined) throw thrown;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw cannotShare(path, isMissing ? `There is no file ${path}.` : `${path} cannot be read (${code}).`);
  }
  const found = await file.stat();
  if (found.isFile() && isPossibleSize(found.size, pieceBytesFor(found.size))) return file;
  await file.close();
  throw cannotShare(path, `${path} is not a plain file.`);
}

function cannotShare(path: string, message: string): DragonloadError {
  return new DragonloadError('usage', message, {
    facts: { path },
    hint: advice('Name a finished file that this user may read, or the URL of one.'),
  });
}

function changed(path: string): DragonloadError {
  return new DragonloadError('origin-changed', `${path} has been changed: it is not shared any more.`, {
    facts: { path },
    hint: advice('Share it again when no program writes to it any more.'),
  });
}

/** Returns how many bytes there were to fill `target` with. */
async function fill(file: FileHandle, target: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function stampOf(file: FileHandle): Promise<FileStamp> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return { sizeBytes: size, modifiedNs: mtimeNs };
}

function isEqual(a: FileStamp, b: FileStamp): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs;
}
