import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { codeOf, diskError } from './disk-error.ts';
import { algorithmFrom, type ExpectedDigest } from './part-options.ts';

const READ_BYTES = 1024 * 1024;

/**
 * Whether a plain file is at `path` and has the digest; `sizeBytes`, when it is known, spares the reading of a file of
 * another size. Throws `unwritable` for a file that cannot be read, `usage` for an unknown digest, and the signal's
 * reason.
 */
export async function sameFile(
  path: string,
  { algorithm, hex }: Pick<ExpectedDigest, 'algorithm' | 'hex'>,
  options: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const hash = createHash(algorithmFrom(algorithm));
  try {
    await using file = await open(path, 'r');
    const found = await file.stat();
    if (!found.isFile() || (options.sizeBytes ?? found.size) !== found.size) return false;
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(READ_BYTES, found.size)));
    for (;;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex') === hex.toLowerCase();
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return false;
    throw code === undefined ? thrown : diskError(thrown, path);
  }
}
