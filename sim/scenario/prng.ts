/**
 * A small seeded generator (sfc32 of PractRand): the only source of chance in a simulated world, so that a seed
 * replays exactly. Not for secrets.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** `seed` is a whole number; `stream` gives independent sequences of one seed. */
  constructor(seed: number, stream = 0) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = Math.imul(stream + 1, 0x9e3779b9) >>> 0;
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** Uniform in [0, 1). */
  readonly random = (): number => this.#next() / 2 ** 32;

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** One of the items; there must be at least one. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  /** Lower-case hex digits. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.#next().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#d) >>> 0;
    this.#d = (this.#d + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}

/** One to `most` of them. */
export function repeat<T>(prng: Prng, most: number, make: () => T): T[] {
  return Array.from({ length: prng.integer(1, most) }, make);
}

/** One to `most` different ones of the items, as far as there are any. */
export function some(prng: Prng, items: readonly number[], most: number): number[] {
  const left = items.slice();
  const taken: number[] = [];
  for (let count = prng.integer(1, most); count > 0 && left.length > 0; count--) {
    taken.push(left.splice(prng.integer(0, left.length - 1), 1)[0]!);
  }
  return taken;
}
