/**
 * Digests of a whole file that can be stated and computed, and how strong they are, in the order in which they are
 * preferred. SHA-256 comes before the longer ones of its family because every file gets it anyway, and nobody can
 * forge either.
 *
 * `isStrong`: nobody can make another file with the same digest. What is not strong shows damage on the way and proves
 * nothing against somebody who wants to deceive: MD5 and SHA-1 have known collisions (RFC 6151; RFC 9155), a CRC can
 * be made to come out as one likes.
 */
export const DIGEST_KINDS = {
  sha256: { bytes: 32, isStrong: true },
  sha512: { bytes: 64, isStrong: true },
  sha384: { bytes: 48, isStrong: true },
  sha1: { bytes: 20, isStrong: false },
  md5: { bytes: 16, isStrong: false },
  crc32c: { bytes: 4, isStrong: false },
  crc32: { bytes: 4, isStrong: false },
} as const;

export type DigestKind = keyof typeof DIGEST_KINDS;

/** All of them, preferred ones first. */
export const DIGEST_NAMES = Object.keys(DIGEST_KINDS) as readonly DigestKind[];

/** The kind that a name in any usual spelling means (`SHA-256`, `sha256`, `sha_256`); undefined for others. */
export function digestKind(name: string): DigestKind | undefined {
  const bare = name.toLowerCase().replace(/[-_]/g, '');
  return Object.hasOwn(DIGEST_KINDS, bare) ? (bare as DigestKind) : undefined;
}

/** Whether the digest proves something against somebody who wants to deceive; not so for unknown kinds. */
export function isStrongDigest(name: string): boolean {
  const kind = digestKind(name);
  return kind !== undefined && DIGEST_KINDS[kind].isStrong;
}

/** Whether `hex` can be such a digest: hex digits, in upper or lower case, of the right number. */
export function isDigestHex(kind: DigestKind, hex: string): boolean {
  return hex.length === 2 * DIGEST_KINDS[kind].bytes && /^[0-9a-f]+$/i.test(hex);
}

/** Preferred ones first; what is equally good keeps its order. */
export function byPreference<T extends { readonly algorithm: DigestKind }>(digests: readonly T[]): T[] {
  return digests.toSorted((a, b) => DIGEST_NAMES.indexOf(a.algorithm) - DIGEST_NAMES.indexOf(b.algorithm));
}

/**
 * Those of the stated digests that are worth computing: all of the best kind. Weaker ones would cost time and prove
 * nothing more. Digests of one kind that contradict each other all stay: the file can match only one, so it fails, as
 * it should when those who publish it do not agree on what it is.
 */
export function worthChecking<T extends { readonly algorithm: DigestKind }>(digests: readonly T[]): T[] {
  const sorted = byPreference(digests);
  return sorted.filter(({ algorithm }) => algorithm === sorted[0]?.algorithm);
}
