import { type Algorithm, type Digest, digestOf } from '../digests/digest.ts';
import type { HashRequest } from './hash-messages.ts';

/** Takes bytes of a file, in order from `position` on. */
export interface Reading {
  readonly position: number;
  update(bytes: Uint8Array): void;
}

/** A request that is answered when the file has been read as far as `end`. */
export interface Job extends Reading {
  readonly part: number;
  readonly id: number;
  readonly end: number;
  digests(): readonly Uint8Array[];
}

/** Computes several digests of one range. */
export class RangeJob implements Job {
  readonly part: number;
  readonly id: number;
  readonly end: number;
  readonly hashes: readonly Digest[];
  position: number;

  constructor({ part, id, start, end, algorithms }: Extract<HashRequest, { type: 'range' }>) {
    this.part = part;
    this.id = id;
    this.end = end;
    this.position = start;
    this.hashes = algorithms.map(digestOf);
  }

  update(bytes: Uint8Array): void {
    for (const hash of this.hashes) hash.update(bytes);
    this.position += bytes.length;
  }

  digests(): readonly Uint8Array[] {
    return this.hashes.map(finalOf);
  }
}

/** Hashes the pieces of a range one after the other; the last one may be shorter. */
export class PiecesJob implements Job {
  readonly part: number;
  readonly id: number;
  readonly end: number;
  readonly #pieceBytes: number;
  readonly #algorithm: Algorithm;
  readonly #done: Uint8Array[] = [];
  #hash: Digest;
  #pieceEnd: number;
  position: number;

  constructor({ part, id, start, end, pieceBytes, algorithm }: Extract<HashRequest, { type: 'pieces' }>) {
    this.part = part;
    this.id = id;
    this.end = end;
    this.position = start;
    this.#pieceBytes = pieceBytes;
    this.#algorithm = algorithm;
    this.#hash = digestOf(algorithm);
    this.#pieceEnd = Math.min(end, start + pieceBytes);
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(bytes.length - at, this.#pieceEnd - this.position);
      this.#hash.update(bytes.subarray(at, at + length));
      at += length;
      this.position += length;
      if (this.position < this.#pieceEnd) continue;
      this.#done.push(this.#hash.digest());
      this.#hash = digestOf(this.#algorithm);
      this.#pieceEnd = Math.min(this.end, this.#pieceEnd + this.#pieceBytes);
    }
  }

  digests(): readonly Uint8Array[] {
    return [new Uint8Array(Buffer.concat(this.#done))];
  }
}

/** A plain array, which is cheap to send to another thread. */
export function finalOf(hash: Digest): Uint8Array {
  return new Uint8Array(hash.digest());
}
