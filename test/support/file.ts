import { contentSha256 } from '../../src/testing/origin-server/content.ts';
import type { OriginFile } from '../../src/testing/origin-server/origin-server.ts';

export const MIB = 1024 * 1024;

/** A file of known content for an origin, and what a right copy of it hashes to. */
export interface KnownFile extends OriginFile {
  readonly content: { readonly seed: string; readonly sizeBytes: number };
  readonly sha256: string;
}

/** The file that belongs to a seed. */
export function knownFile(
  seed: string,
  sizeBytes: number,
  rest: Omit<OriginFile, 'content'> = {},
): KnownFile {
  return { ...rest, content: { seed, sizeBytes }, sha256: contentSha256(seed, sizeBytes) };
}
