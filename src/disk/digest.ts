import { createHash } from 'node:crypto';
import type * as Zlib from 'node:zlib';

/** Whole-file digests that can be computed, by the names of node:crypto. */
export const ALGORITHMS = ['sha256', 'sha512', 'sha384', 'sha1', 'md5'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * What a piece is known by. SHA-256 where others get it and somebody might want to deceive; the CRC-32 of ISO-HDLC
 * (RFC 1952 GZIP, 8), which costs a tenth, where it only has to show whether the piece has reached the disk.
 */
export type PieceDigest = 'sha256' | 'crc32';

const CRC_BYTES = 4;

/** Which of them a digest is: SHA-256 has 32 bytes, CRC-32 has 4. */
export function pieceDigestOf(digest: Uint8Array): PieceDigest {
  return digest.length === CRC_BYTES ? 'crc32' : 'sha256';
}

/** A digest on its way. */
export interface Digest {
  update(bytes: Uint8Array): unknown;
  /** To be called once, at the end. */
  digest(): Uint8Array;
}

export function digestOf(algorithm: Algorithm | PieceDigest): Digest {
  return algorithm === 'crc32' ? new Crc32() : createHash(algorithm);
}

class Crc32 implements Digest {
  /** Fetched when first needed: on the main thread that is hardly ever, and loading it takes 2.5 ms. */
  readonly #zlib: typeof Zlib = process.getBuiltinModule('node:zlib');
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = this.#zlib.crc32(bytes, this.#value);
  }

  /** Most significant byte first. */
  digest(): Uint8Array {
    const digest = new Uint8Array(CRC_BYTES);
    new DataView(digest.buffer).setUint32(0, this.#value);
    return digest;
  }
}
