import { DragonloadError } from '../core/errors.ts';
import { type Geometry, MAX_PIECES } from '../core/geometry.ts';
import type { PieceRecord } from '../core/messages.ts';
import type { PieceDigest } from './digests/digest.ts';
import { type Block, pool } from './files/block-pool.ts';
import type { DataFile } from './files/data-file.ts';
import type { Hasher } from './hashing/hasher.ts';
import type { Journal } from './journal/journal.ts';
import { PieceTable } from './piece-table.ts';
import { checkRecords } from './resume.ts';

export interface PartPiecesOptions {
  /** The number by which the hasher knows the file. */
  readonly part: number;
  readonly data: DataFile;
  readonly hasher: Hasher;
  readonly journal: Pick<Journal, 'add' | 'drop'>;
  readonly pieceDigest: PieceDigest;
  /** The present geometry: the size may become known later. */
  readonly geometry: () => Geometry;
  /** Throws `internal` once the part is closed. */
  readonly mustBeOpen: () => void;
}

/**
 * The pieces of one part file: blocks on their way to the disk and to the hasher, the digest of each piece, and which
 * pieces are kept. A kept piece is journaled, and never written again.
 */
export class PartPieces {
  readonly #part: number;
  readonly #data: DataFile;
  readonly #hasher: Hasher;
  readonly #journal: Pick<Journal, 'add' | 'drop'>;
  readonly #pieceDigest: PieceDigest;
  readonly #geometry: () => Geometry;
  readonly #mustBeOpen: () => void;
  readonly #table = new PieceTable();
  /** Pieces that were unkept since the last call to keep them. */
  readonly #unkept = new Set<number>();

  constructor({ part, data, hasher, journal, pieceDigest, geometry, mustBeOpen }: PartPiecesOptions) {
    this.#part = part;
    this.#data = data;
    this.#hasher = hasher;
    this.#journal = journal;
    this.#pieceDigest = pieceDigest;
    this.#geometry = geometry;
    this.#mustBeOpen = mustBeOpen;
  }

  /** Whether each piece of the file is held; never while its size is unknown. */
  get isComplete(): boolean {
    return this.#table.keptCount === this.#geometry().pieceCount;
  }

  /** The pieces that are held, in order. */
  get held(): readonly number[] {
    return this.#table.kept;
  }

  /** Writes the first `length` bytes of a block of `stream` at `offset`, and gives the block back. */
  async put(stream: number, block: Block, length: number, offset: number): Promise<void> {
    const geometry = this.#geometry();
    const piece = geometry.pieceAt(offset);
    const end = offset + length;
    const writing = this.#table.write(stream, offset, end, geometry);
    if (writing === 'skip') {
      pool.give(block);
      return;
    }
    if (writing === 'hash') {
      pool.share(block);
      const first = offset === geometry.startOf(piece) ? this.#pieceDigest : undefined;
      const lent = { part: this.#part, stream, block, offset, length, first };
      const digest = this.#hasher.block(lent, end === geometry.endOf(piece));
      // A call that asks for the hash gets the failure; there may never be one.
      digest?.catch(() => {});
      if (digest !== undefined) this.#table.streamed(piece, digest);
    } else if (this.#pieceDigest === 'crc32') {
      // In a download alone no byte is written twice, except after a transfer broke off.
      this.#hasher.rewritten(this.#part, offset);
    }
    await this.#data.write(piece, block, length, offset);
  }

  /** See `Part.hash`. */
  async hash(piece: number): Promise<Uint8Array> {
    await this.#data.settled(piece);
    this.#mustBeOpen();
    const writes = this.#table.writesOf(piece);
    const { startOf, endOf } = this.#rangeOf(piece);
    const streamed = this.#table.streamedHash(piece);
    const digest = streamed
      ? await streamed
      : (await this.#hasher.range(this.#part, startOf, endOf, [this.#pieceDigest]))[0]!;
    this.#table.hashed(piece, digest, writes);
    return digest;
  }

  /** See `Part.keep`. */
  async keep(record: PieceRecord): Promise<void> {
    this.#data.check();
    this.#mustBeOpen();
    const { piece, sha256 } = record;
    if (this.#table.isKept(piece)) return;
    this.#unkept.delete(piece);
    if (!isEqual(this.#table.hashOf(piece), sha256)) {
      await this.hash(piece);
      if (this.#unkept.has(piece)) return;
      if (!isEqual(this.#table.hashOf(piece), sha256)) {
        throw new DragonloadError('internal', `Piece ${piece} is not the one that was checked.`);
      }
    }
    this.#table.keep(piece);
    this.#journal.add(record);
    this.advance();
  }

  /** See `Part.unkeep`. */
  unkeep(piece: number): void {
    this.#mustBeOpen();
    this.#unkept.add(piece);
    if (!this.#table.unkeep(piece)) return;
    this.#journal.drop(piece);
    this.#hasher.rewritten(this.#part, this.#geometry().startOf(piece));
    this.advance();
  }

  /**
   * Keeps the pieces of an earlier run that match their records. Returns those, in order, and how many do not match.
   */
  async resume(
    records: ReadonlyMap<number, PieceRecord>,
    onProgress?: (checkedBytes: number, totalBytes: number) => void,
    signal?: AbortSignal,
  ): Promise<{ readonly good: readonly PieceRecord[]; readonly damaged: number }> {
    const found = await checkRecords(
      records,
      this.#geometry(),
      this.#pieceDigest,
      (start, end, algorithms) => this.#hasher.range(this.#part, start, end, algorithms),
      onProgress,
      signal,
    );
    for (const { piece } of found.good) this.#table.keep(piece);
    this.advance();
    return found;
  }

  /** Lets the whole-file digests go on up to the first gap. */
  advance(): void {
    const geometry = this.#geometry();
    const end = Math.min(
      geometry.startOf(this.#table.frontier),
      geometry.sizeBytes ?? Number.POSITIVE_INFINITY,
    );
    this.#hasher.frontier(this.#part, end);
  }

  #rangeOf(piece: number): { startOf: number; endOf: number } {
    const geometry = this.#geometry();
    if (Number.isInteger(piece) && piece >= 0 && piece < (geometry.pieceCount ?? MAX_PIECES)) {
      return { startOf: geometry.startOf(piece), endOf: geometry.endOf(piece) };
    }
    throw new DragonloadError('internal', `There is no piece ${piece}.`);
  }
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
