import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { codeOf, diskError } from './files/disk-error.ts';
import { algorithmFrom } from './files/part-options.ts';

const READ_BYTES = 1024 * 1024;

/**
 * The digests, in lower-case hex, of a plain file at `path`, all computed in one read; undefined where there is none,
 * or one of another size than `sizeBytes`. Throws `unwritable` for a file that cannot be read, `usage` for an unknown
 * digest, and the signal's reason.
 */
export async function fileDigests(
  path: string,
  algorithms: readonly string[],
  options: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly string[] | undefined> {
  const hashes = algorithms.map((algorithm) => createHash(algorithmFrom(algorithm)));
  try {
    await using file = await open(path, 'r');
    const found = await file.stat();
    if (!found.isFile() || (options.sizeBytes ?? found.size) !== found.size) return undefined;
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(READ_BYTES, found.size)));
    for (;;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) break;
      for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
    }
    return hashes.map((hash) => hash.digest('hex'));
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw code === undefined ? thrown : diskError(thrown, path);
  }
}
