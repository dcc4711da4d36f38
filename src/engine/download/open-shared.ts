import { basename } from 'node:path';
import { DIGEST_KINDS } from '../../core/digest-kinds.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import { advice } from '../../core/hint.ts';
import { SharedFile } from '../../disk/shared-file.ts';

/** A reading that takes longer says so this often. */
const READING_MS = 1_000;

export interface OpenSharedOptions {
  /** Digests that the file must have. */
  readonly expected: readonly ExpectedDigest[];
  readonly onNotice: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens a file to be shared and checks it; closes it when the signal aborts. Throws `digest-mismatch` for one with other digests, else as
 * `SharedFile.open`.
 */
export async function openShared(
  path: string,
  { expected, onNotice, signal }: OpenSharedOptions,
): Promise<SharedFile> {
  let nextMs = performance.now() + READING_MS;
  const onProgress = (readBytes: number, sizeBytes: number): void => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + READING_MS;
    const percent = Math.floor((100 * readBytes) / sizeBytes);
    onNotice(`Reading ${basename(path)} before it is shared: ${percent}%`);
  };
  const digests = expected.map(({ algorithm }) => algorithm);
  const file = await SharedFile.open(path, { digests, onProgress, signal });
  const wrong = expected.find(({ algorithm, hex }) => file.digests.get(algorithm) !== hex.toLowerCase());
  if (wrong === undefined) {
    signal.addEventListener('abort', () => void file[Symbol.asyncDispose](), { once: true });
    return file;
  }
  await file[Symbol.asyncDispose]();
  throw new DragonloadError(
    'digest-mismatch',
    `${path} does not have the ${wrong.algorithm} that it should have by ${wrong.by}.`,
    { facts: { path }, hint: advice('Check the digest, or download the file again.') },
  );
}

/** Those of some digests that only the right file has: a CRC tells of accidents alone. */
export function provingDigests(expected: readonly ExpectedDigest[]): readonly ExpectedDigest[] {
  return expected.filter(({ algorithm }) => DIGEST_KINDS[algorithm].bytes > 4);
}
