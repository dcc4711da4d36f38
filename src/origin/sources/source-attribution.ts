import { type ByteRange, RangeSet } from '../../core/ranges.ts';

/** Transfers remembered, the newest: a large file has a few thousand. */
const MAX_NOTED = 8192;

/** Which source brought which bytes of a file: for when some turn out to be wrong, and for the result. */
export class SourceAttribution<S> {
  #noted: { readonly range: ByteRange; readonly source: S }[] = [];
  readonly #doubted: ByteRange[] = [];
  /** The bytes of each source that may be in the file. */
  readonly #shares = new Map<S, RangeSet>();

  note(range: ByteRange, source: S): void {
    if (range.start < range.end) {
      const share = this.#shares.get(source) ?? new RangeSet();
      share.add(range);
      this.#shares.set(source, share);
    }
    this.#noted.push({ range, source });
    if (this.#noted.length > 2 * MAX_NOTED) this.#noted = this.#noted.slice(-MAX_NOTED);
  }

  /** These bytes are wrong, and are fetched again. */
  doubt(range: ByteRange): void {
    this.#doubted.push(range);
    for (const share of this.#shares.values()) share.remove(range);
  }

  /** The sources of the bytes in the file. Of bytes that two of them have sent, either version may be in the file. */
  get sources(): readonly S[] {
    return [...this.#shares].filter(([, share]) => !share.isEmpty).map(([source]) => source);
  }

  /** The bytes in the file that may come from sources of a kind. */
  shareOf(isMeant: (source: S) => boolean): RangeSet {
    const all = new RangeSet();
    for (const [source, share] of this.#shares)
      if (isMeant(source)) for (const range of share) all.add(range);
    return all;
  }

  /** The sources of wrong bytes of a range: another source may have them right. */
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
