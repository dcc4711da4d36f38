/** A part of the engine whose rate can be limited. */
export interface LimitedPart {
  /** In bytes per second; undefined: no limit. */
  setLimit(bytesPerSecond: number | undefined): void;
}

/** Divides one limit evenly among the parts of an engine, so that all of them together keep to it. */
export class LimitShares {
  /** What each part was last told. One that was never told has no limit. */
  readonly #told = new WeakMap<LimitedPart, number | undefined>();

  /** Tells each of the parts its share, unless it has just that. `bytesPerSecond`: for all; undefined: no limit. */
  divide(bytesPerSecond: number | undefined, parts: readonly LimitedPart[]): void {
    const share = bytesPerSecond === undefined ? undefined : bytesPerSecond / Math.max(1, parts.length);
    for (const part of parts) {
      if (this.#told.get(part) === share) continue;
      this.#told.set(part, share);
      part.setLimit(share);
    }
  }
}
