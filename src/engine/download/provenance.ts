import type { Part } from '../../disk/part.ts';
import type { MirroredBytes } from '../../origin/sources/sources.ts';
import type { FileSources } from './file-sources.ts';

/** From which addresses the bytes of a part came, in this run and, as far as anybody knows, in earlier ones. */
export class Provenance {
  /** Bytes that an earlier run had left. */
  readonly resumedBytes: number;
  readonly #part: Part;
  readonly #sources: FileSources;
  /** What an earlier run had left is fetched again. */
  #isResumedInDoubt = false;

  constructor(part: Part, sources: FileSources) {
    this.#part = part;
    this.#sources = sources;
    this.resumedBytes = part.resumed.reduce((sum, { piece }) => sum + part.geometry.bytesOf(piece), 0);
  }

  /**
   * What there is in the file, or may be, of addresses for which nothing but samples speaks; undefined: nothing. Of what an
   * earlier run has left nobody knows from which address it came, where there are several.
   */
  get mirrored(): MirroredBytes | undefined {
    const { mirrored } = this.#sources;
    const resumedBytes = this.#isResumedMixed ? this.resumedBytes : 0;
    if (resumedBytes === 0) return mirrored;
    const { bytes, comparedBytes } = mirrored ?? { bytes: 0, comparedBytes: 0 };
    return { bytes: bytes + resumedBytes, comparedBytes };
  }

  /**
   * The whole file is wrong, and nobody knows where: other addresses than the first are given up. Returns the pieces, in
   * order, that came from them or may have, for the first to bring them; none when that is of no use.
   */
  doubtOthers(): readonly number[] {
    if (!this.#sources.isFirstLeft) return [];
    const { geometry, resumed } = this.#part;
    const pieces = new Set(this.#isResumedMixed ? resumed.map(({ piece }) => piece) : []);
    this.#isResumedInDoubt = true;
    for (const { start, end } of this.#sources.doubtOthers()) {
      const last = geometry.pieceAt(end - 1);
      for (let piece = geometry.pieceAt(start); piece <= last; piece++) pieces.add(piece);
    }
    return [...pieces].sort((a, b) => a - b);
  }

  get #isResumedMixed(): boolean {
    return this.#sources.hadOthers && !this.#isResumedInDoubt;
  }
}
