import { Bitfield } from '../bitfield.ts';
import type { Geometry } from '../geometry.ts';
import type { Run } from '../ranges.ts';

/** Where a piece stands for the room. Held wins over leased. */
export type PieceState = 'free' | 'leased' | 'held';

/**
 * Every piece of a download of known size and where it stands.
 *
 * Invariants: a piece is held while somebody present holds it; otherwise it is leased while it has an owner; otherwise
 * it is free. A piece has at most one owner. `freeBytes` and `unheldBytes` always agree with the pieces.
 */
export class PieceBoard<Owner> {
  readonly geometry: Geometry;
  readonly pieceCount: number;
  readonly #holders: Uint16Array;
  readonly #owners: (Owner | undefined)[];
  readonly #free = new Bitfield();
  /** No piece below is free. */
  #lowest = 0;
  #freeBytes: number;
  #unheldBytes: number;

  /** `geometry` must know its size and have at most `MAX_PIECES` pieces. */
  constructor(geometry: Geometry) {
    this.geometry = geometry;
    this.pieceCount = geometry.pieceCount ?? 0;
    this.#holders = new Uint16Array(this.pieceCount);
    this.#owners = new Array<Owner | undefined>(this.pieceCount).fill(undefined);
    this.#free.setRun({ start: 0, end: this.pieceCount });
    this.#freeBytes = geometry.sizeBytes ?? 0;
    this.#unheldBytes = this.#freeBytes;
  }

  /** Bytes of pieces that are neither held nor leased. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Bytes of pieces that nobody present holds. */
  get unheldBytes(): number {
    return this.#unheldBytes;
  }

  stateOf(piece: number): PieceState {
    if (this.isHeld(piece)) return 'held';
    return this.#owners[piece] === undefined ? 'free' : 'leased';
  }

  isHeld(piece: number): boolean {
    return this.#holders[piece]! > 0;
  }

  ownerOf(piece: number): Owner | undefined {
    return this.#owners[piece];
  }

  /** One more member holds the piece; true if it is the first. Ask once for each member and piece. */
  hold(piece: number): boolean {
    const holders = this.#holders[piece]!;
    this.#holders[piece] = holders + 1;
    if (holders > 0) return false;
    this.#unheldBytes -= this.geometry.bytesOf(piece);
    if (this.#owners[piece] === undefined) this.#unfree(piece);
    return true;
  }

  /** One member fewer holds the piece; true if it was the last. */
  unhold(piece: number): boolean {
    const holders = this.#holders[piece]!;
    if (holders === 0) return false;
    this.#holders[piece] = holders - 1;
    if (holders > 1) return false;
    this.#unheldBytes += this.geometry.bytesOf(piece);
    if (this.#owners[piece] === undefined) this.#refree(piece);
    return true;
  }

  /** Gives pieces without an owner an owner. */
  lease(run: Run, owner: Owner): void {
    for (let piece = run.start; piece < run.end; piece += 1) {
      if (this.#owners[piece] === undefined && !this.isHeld(piece)) this.#unfree(piece);
      this.#owners[piece] = owner;
    }
  }

  /** Takes pieces from `owner`; those that nobody holds are free again. Pieces of other owners stay as they are. */
  unlease(run: Run, owner: Owner): void {
    for (let piece = run.start; piece < run.end; piece += 1) {
      if (this.#owners[piece] !== owner) continue;
      this.#owners[piece] = undefined;
      if (!this.isHeld(piece)) this.#refree(piece);
    }
  }

  /** Up to `limit` free pieces in a row from the lowest free piece at or after `from`. */
  freeRun(from: number, limit: number): Run | undefined {
    const start = this.#free.firstSet(Math.max(from, this.#lowest));
    if (from <= this.#lowest) this.#lowest = start ?? this.pieceCount;
    if (start === undefined) return undefined;
    const until = Math.min(start + limit, this.pieceCount);
    return { start, end: this.#free.firstMissing(start, until) ?? until };
  }

  /** The first piece of the run that has an owner, or the end of the run. */
  ownedFrom(run: Run): number {
    let piece = run.start;
    while (piece < run.end && this.#owners[piece] === undefined) piece += 1;
    return piece;
  }

  /** The last piece of the run that nobody holds, or undefined. */
  lastUnheld(run: Run): number | undefined {
    for (let piece = run.end - 1; piece >= run.start; piece -= 1) if (!this.isHeld(piece)) return piece;
    return undefined;
  }

  /** Bytes of the run's pieces that somebody holds. */
  heldBytesIn(run: Run): number {
    let bytes = 0;
    for (let piece = run.start; piece < run.end; piece += 1) {
      if (this.isHeld(piece)) bytes += this.geometry.bytesOf(piece);
    }
    return bytes;
  }

  #unfree(piece: number): void {
    this.#free.clear(piece);
    this.#freeBytes -= this.geometry.bytesOf(piece);
  }

  #refree(piece: number): void {
    this.#free.set(piece);
    this.#freeBytes += this.geometry.bytesOf(piece);
    if (piece < this.#lowest) this.#lowest = piece;
  }
}
