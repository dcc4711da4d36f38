import type { Geometry } from '../core/geometry.ts';

/** A piece that has bytes on disk and is not kept yet. */
interface Active {
  /** The only stream that has written to it, from its first byte up to `next` without a gap; undefined: not so. */
  stream: number | undefined;
  next: number;
  /** The hash of the bytes of that stream, once it has written the whole piece. */
  streamed: Promise<Uint8Array> | undefined;
  /** The hash of the bytes on disk; undefined when it was never computed, or the piece was written to since. */
  sha256: Uint8Array | undefined;
  /** Counts the writes. */
  writes: number;
}

export type Writing =
  /** The piece is kept: its bytes were checked, and may not be replaced. */
  | 'skip'
  | 'write'
  /** The stream has written all of the piece so far: its bytes can be hashed on their way to the disk. */
  | 'hash';

/**
 * What is known about the pieces of a part file. Invariants: a kept piece is never written again, unless it is unkept;
 * a hash is only remembered while the bytes that it was computed of are on disk; a piece is hashed on its way to the
 * disk only if one stream wrote it from end to end, so that the hash is that of the bytes on disk.
 */
export class PieceTable {
  #kept = new Uint8Array(64);
  #keptCount = 0;
  #frontier = 0;
  readonly #active = new Map<number, Active>();

  get keptCount(): number {
    return this.#keptCount;
  }

  /** In order. */
  get kept(): readonly number[] {
    const found: number[] = [];
    for (let piece = this.#kept.indexOf(1); piece >= 0; piece = this.#kept.indexOf(1, piece + 1))
      found.push(piece);
    return found;
  }

  /** The first piece that is not kept. */
  get frontier(): number {
    return this.#frontier;
  }

  isKept(piece: number): boolean {
    return this.#kept[piece] === 1;
  }

  /** A stream is about to write bytes of one piece. */
  write(stream: number, start: number, end: number, geometry: Geometry): Writing {
    const piece = geometry.pieceAt(start);
    if (this.isKept(piece)) return 'skip';
    const isFirst = start === geometry.startOf(piece);
    let active = this.#active.get(piece);
    if (active === undefined) {
      active = {
        stream: isFirst ? stream : undefined,
        next: start,
        streamed: undefined,
        sha256: undefined,
        writes: 0,
      };
      this.#active.set(piece, active);
    } else if (isFirst && active.sha256 !== undefined) {
      // The piece was hashed, found wrong, and is written anew from its beginning: it starts afresh if no other stream
      // writes to it.
      active.stream = stream;
      active.next = start;
    }
    active.writes++;
    active.sha256 = undefined;
    active.streamed = undefined;
    if (active.stream !== stream || active.next !== start) {
      active.stream = undefined;
      return 'write';
    }
    active.next = end;
    return 'hash';
  }

  /** The hash of a piece that one stream has written whole. */
  streamed(piece: number, sha256: Promise<Uint8Array>): void {
    const active = this.#active.get(piece);
    if (active) active.streamed = sha256;
  }

  /** The hash computed on the way to the disk, if it is that of the piece on disk. */
  streamedHash(piece: number): Promise<Uint8Array> | undefined {
    return this.#active.get(piece)?.streamed;
  }

  /** Changes with every write to the piece. */
  writesOf(piece: number): number {
    return this.#active.get(piece)?.writes ?? 0;
  }

  /** The piece on disk has this hash, if nothing was written since `writes` was read. */
  hashed(piece: number, sha256: Uint8Array, writes: number): void {
    const active = this.#active.get(piece);
    if (active && active.writes === writes) active.sha256 = sha256;
  }

  /** The hash of the piece on disk, if it is known. */
  hashOf(piece: number): Uint8Array | undefined {
    return this.#active.get(piece)?.sha256;
  }

  /** Keeps the piece. */
  keep(piece: number): void {
    if (this.isKept(piece)) return;
    if (piece >= this.#kept.length) {
      const longer = new Uint8Array(Math.max(piece + 1, this.#kept.length * 2));
      longer.set(this.#kept);
      this.#kept = longer;
    }
    this.#kept[piece] = 1;
    this.#keptCount++;
    this.#active.delete(piece);
    while (this.isKept(this.#frontier)) this.#frontier++;
  }

  /** Forgets a piece: its bytes on disk do not count any more. True when it was kept. */
  unkeep(piece: number): boolean {
    this.#active.delete(piece);
    if (!this.isKept(piece)) return false;
    this.#kept[piece] = 0;
    this.#keptCount--;
    this.#frontier = Math.min(this.#frontier, piece);
    return true;
  }
}
