import type { ByteRange } from '../core/ranges.ts';

/** Transfers remembered, the newest: a large file has a few thousand. */
const MAX_NOTED = 8192;

/** Which source brought which bytes of a file, for when some of them turn out to be wrong. */
export class Brought<S> {
  #noted: { readonly range: ByteRange; readonly source: S }[] = [];
  readonly #doubted: ByteRange[] = [];

  note(range: ByteRange, source: S): void {
    this.#noted.push({ range, source });
    if (this.#noted.length > 2 * MAX_NOTED) this.#noted = this.#noted.slice(-MAX_NOTED);
  }

  /** These bytes came wrong. */
  doubt(range: ByteRange): void {
    this.#doubted.push(range);
  }

  /** Those who have brought doubted bytes of a range: another one may have them right. */
  suspectsFor({ start, end }: { readonly start: number; readonly end?: number | undefined }): Set<S> {
    const wanted = { start, end: end ?? Number.POSITIVE_INFINITY };
    const doubted = this.#doubted.filter((range) => overlap(range, wanted));
    if (doubted.length === 0) return new Set();
    const suspects = this.#noted.filter(({ range }) => doubted.some((one) => overlap(one, range)));
    return new Set(suspects.map(({ source }) => source));
  }
}

function overlap(a: ByteRange, b: ByteRange): boolean {
  return a.start < b.end && b.start < a.end;
}
