import type { ByteRange } from '../ranges.ts';

/** Tails that are remembered: more helpers at a time than a member has streams would be of no use. */
const MAX_EXPECTED = 64;

/**
 * The tails that the coordinator has others fetch for this member. A fragment becomes part of a piece that this member
 * signs, so bytes that it was not told about are not taken from anybody.
 */
export class Helpers {
  readonly #expected = new Set<string>();

  /** The coordinator has somebody fetch these bytes. */
  expect(tail: ByteRange): void {
    this.#expected.add(keyOf(tail));
    const [oldest] = this.#expected;
    if (this.#expected.size > MAX_EXPECTED && oldest !== undefined) this.#expected.delete(oldest);
  }

  isExpected(fragment: ByteRange): boolean {
    return this.#expected.has(keyOf(fragment));
  }
}

function keyOf({ start, end }: ByteRange): string {
  return `${start}-${end}`;
}
