import { type Algorithm, type Digest, digestOf } from '../digests/digest.ts';

/** A block that arrived before the bytes in front of it, held until they have been hashed. */
interface Ahead {
  readonly block: number;
  readonly bytes: Uint8Array;
}

/**
 * The digests of a whole file, computed from its first byte on. Bytes come from the file, up to the first piece that is
 * not kept, or where no byte is written twice, from the blocks on their way there. If a byte is written again all the
 * same, the digests start anew, so they are those of the bytes on the disk.
 */
export class WholeHash {
  readonly fd: number;
  readonly #algorithms: readonly Algorithm[];
  #hashes: readonly Digest[];
  #position = 0;
  readonly #ahead = new Map<number, Ahead>();
  readonly #free: (block: number) => void;
  /** The file is final up to here. */
  frontier = 0;
  wanted: { readonly id: number; readonly sizeBytes: number } | undefined;
  error: string | undefined;

  /** `free` gets the blocks that were taken, when they are no longer needed. */
  constructor(fd: number, algorithms: readonly Algorithm[], free: (block: number) => void) {
    this.fd = fd;
    this.#algorithms = algorithms;
    this.#free = free;
    this.#hashes = algorithms.map(digestOf);
  }

  /** Everything before this offset has been hashed. */
  get position(): number {
    return this.#position;
  }

  /** Blocks that are held. */
  get aheadCount(): number {
    return this.#ahead.size;
  }

  /** The next bytes. */
  update(bytes: Uint8Array): void {
    for (const hash of this.#hashes) hash.update(bytes);
    this.#position += bytes.length;
    if (this.#ahead.size > 0) this.#catchUp();
  }

  /** Takes a block for later, and frees it when it is hashed. */
  hold(offset: number, block: number, bytes: Uint8Array): void {
    this.#release(offset);
    this.#ahead.set(offset, { block, bytes });
  }

  /** Bytes from `offset` on may change. Digests that have passed it begin again. */
  rewritten(offset: number): void {
    this.clear();
    this.frontier = Math.min(this.frontier, offset);
    if (offset >= this.#position) return;
    this.#position = 0;
    this.#hashes = this.#algorithms.map(digestOf);
  }

  /** In the order of the algorithms. May be asked for again. */
  digests(): readonly Uint8Array[] {
    return this.#hashes.map((hash) => new Uint8Array(hash.copy().digest()));
  }

  /** Frees what is held. */
  clear(): void {
    for (const offset of [...this.#ahead.keys()]) this.#release(offset);
  }

  #catchUp(): void {
    for (let next = this.#ahead.get(this.#position); next; next = this.#ahead.get(this.#position)) {
      const offset = this.#position;
      for (const hash of this.#hashes) hash.update(next.bytes);
      this.#position += next.bytes.length;
      this.#release(offset);
    }
    for (const offset of [...this.#ahead.keys()]) if (offset < this.#position) this.#release(offset);
  }

  #release(offset: number): void {
    const ahead = this.#ahead.get(offset);
    if (ahead === undefined) return;
    this.#ahead.delete(offset);
    this.#free(ahead.block);
  }
}
