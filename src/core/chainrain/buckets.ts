/** Buckets that their holder may read and not change. */
export type ReadonlyBuckets = Omit<Buckets, 'put' | 'delete'>;

/**
 * Piece numbers sorted into buckets by a small whole number, their level. Adding, taking out and moving a piece take
 * constant time, and so does picking one at random: inside a bucket the order means nothing.
 */
export class Buckets {
  readonly #levels: number[][] = [];
  /** Of each piece: its place in its bucket counted from 1, or 0 when it is in none. */
  #places = new Uint32Array(64);
  #levelOf = new Uint16Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many levels there are, empty ones among them: 0 to `levelCount - 1`. */
  get levelCount(): number {
    return this.#levels.length;
  }

  /** The pieces of a level, in no order. */
  at(level: number): readonly number[] {
    return this.#levels[level] ?? [];
  }

  levelOf(piece: number): number | undefined {
    return (this.#places[piece] ?? 0) === 0 ? undefined : this.#levelOf[piece];
  }

  /** Puts a piece at a level of 0 to 65,535; from then on it is at no other. */
  put(piece: number, level: number): void {
    if (this.levelOf(piece) === level) return;
    this.delete(piece);
    while (this.#levels.length <= level) this.#levels.push([]);
    this.#growTo(piece + 1);
    this.#places[piece] = this.#levels[level]!.push(piece);
    this.#levelOf[piece] = level;
    this.#size++;
  }

  delete(piece: number): void {
    const level = this.levelOf(piece);
    if (level === undefined) return;
    const bucket = this.#levels[level]!;
    // The last of the bucket fills the hole, so that nothing else moves.
    const last = bucket.pop()!;
    if (last !== piece) {
      bucket[this.#places[piece]! - 1] = last;
      this.#places[last] = this.#places[piece]!;
    }
    this.#places[piece] = 0;
    this.#size--;
  }

  #growTo(pieces: number): void {
    if (pieces <= this.#places.length) return;
    const length = Math.max(pieces, this.#places.length * 2);
    const places = new Uint32Array(length);
    places.set(this.#places);
    this.#places = places;
    const levelOf = new Uint16Array(length);
    levelOf.set(this.#levelOf);
    this.#levelOf = levelOf;
  }
}
