import { createHash } from 'node:crypto';
import type * as Zlib from 'node:zlib';
import type { DigestKind } from '../../core/digest-kinds.ts';
import { crc32c } from './crc32c.ts';

/** Whole-file digests that can be computed: all that can be stated. */
export type Algorithm = DigestKind;

/**
 * The digest of a piece. SHA-256 in a room, where a member might cheat; the CRC-32 of ISO-HDLC (RFC 1952 GZIP, 8),
 * which costs a tenth, where it only has to show whether the piece has reached the disk.
 */
export type PieceDigest = 'sha256' | 'crc32';

const CRC_BYTES = 4;

/** The kind of a digest, by its length: SHA-256 has 32 bytes, CRC-32 has 4. */
export function pieceDigestOf(digest: Uint8Array): PieceDigest {
  return digest.length === CRC_BYTES ? 'crc32' : 'sha256';
}

/** A digest that is being computed. */
export interface Digest {
  update(bytes: Uint8Array): unknown;
  /** To be called once, at the end. */
  digest(): Uint8Array;
  /** A copy in the same state. */
  copy(): Digest;
}

export function digestOf(algorithm: Algorithm | PieceDigest): Digest {
  if (algorithm === 'crc32') return new Crc(zlibCrc32);
  return algorithm === 'crc32c' ? new Crc(crc32c) : createHash(algorithm);
}

/** Loaded when first needed, which takes 2.5 ms: the main thread hardly ever needs it. */
let zlib: typeof Zlib | undefined;

function zlibCrc32(bytes: Uint8Array, before: number): number {
  zlib ??= process.getBuiltinModule('node:zlib');
  return zlib.crc32(bytes, before);
}

class Crc implements Digest {
  readonly #next: (bytes: Uint8Array, before: number) => number;
  #value: number;

  constructor(next: (bytes: Uint8Array, before: number) => number, value = 0) {
    this.#next = next;
    this.#value = value;
  }

  update(bytes: Uint8Array): void {
    this.#value = this.#next(bytes, this.#value);
  }

  /** Most significant byte first. */
  digest(): Uint8Array {
    const digest = new Uint8Array(CRC_BYTES);
    new DataView(digest.buffer).setUint32(0, this.#value);
    return digest;
  }

  copy(): Digest {
    return new Crc(this.#next, this.#value);
  }
}
