/** What a heap keeps. `place` belongs to the heap that it is in: -1 while it is in none. */
export interface Placed {
  place: number;
}

/** A binary heap whose members know their place, so that any of them can be moved or taken out in O(log n). */
export class Heap<T extends Placed> {
  readonly #members: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#members.length;
  }

  /** The one before all others. */
  get first(): T | undefined {
    return this.#members[0];
  }

  /** Adds a member, or moves it to where it belongs now that its order has changed. */
  put(member: T): void {
    if (this.#members[member.place] !== member) {
      member.place = this.#members.length;
      this.#members.push(member);
    }
    this.#sink(this.#rise(member));
  }

  /** Does nothing when it is not in. */
  remove(member: T): void {
    const { place } = member;
    if (this.#members[place] !== member) return;
    const last = this.#members.pop()!;
    member.place = -1;
    if (last === member) return;
    this.#set(last, place);
    this.#sink(this.#rise(last));
  }

  #rise(member: T): T {
    while (member.place > 0) {
      const parent = this.#members[(member.place - 1) >> 1]!;
      if (!this.#isBefore(member, parent)) break;
      this.#swap(member, parent);
    }
    return member;
  }

  #sink(member: T): void {
    for (;;) {
      const left = this.#members[2 * member.place + 1];
      const right = this.#members[2 * member.place + 2];
      const child = right !== undefined && this.#isBefore(right, left!) ? right : left;
      if (child === undefined || !this.#isBefore(child, member)) return;
      this.#swap(member, child);
    }
  }

  #swap(a: T, b: T): void {
    const { place } = a;
    this.#set(a, b.place);
    this.#set(b, place);
  }

  #set(member: T, place: number): void {
    this.#members[place] = member;
    member.place = place;
  }
}
