import { Bitfield, type ReadonlyBitfield } from './bitfield.ts';
import { type Geometry, MAX_PIECES } from './geometry.ts';
import { type ByteRange, RangeSet } from './ranges.ts';

/** `full`: all bytes are on disk and the piece waits for its hash. `held`: checked and kept. */
export type PieceState = 'missing' | 'active' | 'full' | 'held';

/** What a writer has still to write, and where it gets it from. */
export interface Claim extends ByteRange {
  readonly writer: number;
  readonly source: string;
}

interface Writer {
  /** Where its next byte goes. */
  start: number;
  end: number;
  readonly source: string;
}

/**
 * What one member has of one download.
 *
 * Every piece is in exactly one state: missing, active, full or held. Every byte of a piece that is not held is exactly
 * one of: absent, claimed by exactly one writer, or filled. A piece is missing while all its bytes are absent, full
 * once all are filled, and active between. Only `hold` makes a piece held; only `reset` takes bytes of a full or held
 * piece away, and `setGeometry` those of a file that turns out to be shorter.
 *
 * A writer (an origin stream or a pull, by number) has one claim, which it fills from the front without a gap. It stays
 * known until it is released. Claims are kept as ranges, so that a claim of a million pieces costs as much as one of one.
 * Breaking these rules is an error of the caller and throws a `RangeError`, before anything has changed.
 */
export class Ledger {
  #geometry: Geometry;
  readonly #writers = new Map<number, Writer>();
  readonly #filled = new RangeSet(); // Held bytes too: one range for a file that is done.
  readonly #taken = new RangeSet(); // Filled or claimed: what is not absent.
  readonly #full = new Set<number>();
  readonly #held = new Bitfield();
  readonly #sources = new Map<number, Set<string>>(); // Of active and full pieces with filled bytes.
  #heldBytes = 0;

  constructor(geometry: Geometry, held: Iterable<number> = []) {
    this.#geometry = geometry;
    for (const piece of held) {
      this.#checkPiece(piece);
      if (this.#held.set(piece)) this.#heldBytes += geometry.bytesOf(piece);
    }
    for (const run of this.#held.runs()) {
      this.#filled.add(geometry.bytesOfRun(run));
      this.#taken.add(geometry.bytesOfRun(run));
    }
  }

  get geometry(): Geometry {
    return this.#geometry;
  }

  get held(): ReadonlyBitfield {
    return this.#held;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get heldCount(): number {
    return this.#held.count;
  }

  /** Pieces of which all bytes are on disk and that are not held yet: they are being proven. */
  get full(): ReadonlySet<number> {
    return this.#full;
  }

  /** Bytes on disk of pieces that are not held yet. */
  get filledBytes(): number {
    return this.#filled.total - this.#heldBytes;
  }

  /** How many of these bytes are on disk, checked or not. */
  filledIn(range: ByteRange): number {
    return this.#filled.intersect(range).reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Bytes that writers have claimed and not filled. */
  get claimedBytes(): number {
    return this.#taken.total - this.#filled.total;
  }

  /** Whether every piece is held. Never while the size is unknown. */
  get isComplete(): boolean {
    return this.#held.count === this.#geometry.pieceCount;
  }

  /**
   * Promises the bytes of `range`, all of them absent, to `writer`, which has no other claim. `source` says where they
   * will come from. While the size is unknown a claim may go as far as pieces are numbered.
   */
  claim(writer: number, range: ByteRange, source: string): void {
    if (this.#writers.has(writer)) throw new RangeError(`writer ${writer} has a claim already`);
    const limit = this.#geometry.sizeBytes ?? MAX_PIECES * this.#geometry.pieceBytes;
    if (range.start >= range.end || range.end > limit || this.#taken.overlaps(range)) {
      throw new RangeError(`bytes ${range.start} to ${range.end} are not there to be claimed`);
    }
    this.#taken.add(range);
    this.#writers.set(writer, { start: range.start, end: range.end, source });
  }

  /**
   * The next bytes of a writer's claim are on disk. Returns the pieces that became full by it, ascending. Bytes past the
   * end of the claim are left out: a trim may cross bytes that are on their way.
   */
  fill(writer: number, range: ByteRange): readonly number[] {
    const claim = this.#writerOf(writer);
    if (range.start !== claim.start && range.start < claim.end) {
      throw new RangeError(`writer ${writer} stands at ${claim.start}, not at ${range.start}`);
    }
    const end = Math.min(range.end, claim.end);
    if (end <= claim.start) return [];
    this.#filled.add({ start: claim.start, end });
    const first = this.#geometry.pieceAt(claim.start);
    const last = this.#geometry.pieceAt(end - 1);
    claim.start = end;
    const full: number[] = [];
    for (let piece = first; piece <= last; piece++) {
      this.#noteSource(piece, claim.source);
      if (this.#filled.covers(this.#bytesOf(piece))) {
        this.#full.add(piece);
        full.push(piece);
      }
    }
    return full;
  }

  /** Lets a claim end at `end`; what it loses becomes absent again. Never lengthens. Returns what remains of it. */
  trim(writer: number, end: number): ByteRange {
    const claim = this.#writerOf(writer);
    const lost = { start: Math.min(Math.max(end, claim.start), claim.end), end: claim.end };
    this.#taken.remove(lost);
    claim.end = lost.start;
    return { start: claim.start, end: claim.end };
  }

  /** Forgets a writer; what it has not filled becomes absent again. Nothing happens when it is unknown. */
  release(writer: number): void {
    const claim = this.#writers.get(writer);
    if (claim === undefined) return;
    this.#taken.remove(claim);
    this.#writers.delete(writer);
  }

  /** What a writer has still to fill; empty once it is done. */
  remaining(writer: number): ByteRange {
    const { start, end } = this.#writerOf(writer);
    return { start, end };
  }

  /** The claims that are not filled yet, in the order they were made. */
  *claims(): IterableIterator<Claim> {
    for (const [writer, { start, end, source }] of this.#writers) {
      if (start < end) yield { writer, start, end, source };
    }
  }

  /** The absent bytes of a piece, ascending. */
  gapsOf(piece: number): ByteRange[] {
    this.#checkPiece(piece);
    return this.#taken.gaps(this.#bytesOf(piece));
  }

  /** The absent bytes of a part of the file, ascending. */
  gaps(within: ByteRange): ByteRange[] {
    return this.#taken.gaps(within);
  }

  /** Whether all these bytes are on disk, checked or not. */
  isFilled(range: ByteRange): boolean {
    return this.#filled.covers(range);
  }

  /** The first of the absent bytes of a part of the file: cheaper than `gaps` where many are expected. */
  firstGap(within: ByteRange): ByteRange | undefined {
    return this.#taken.firstGap(within);
  }

  stateOf(piece: number): PieceState {
    this.#checkPiece(piece);
    if (this.#held.has(piece)) return 'held';
    if (this.#full.has(piece)) return 'full';
    return this.#taken.overlaps(this.#bytesOf(piece)) ? 'active' : 'missing';
  }

  /** Where the filled bytes of a piece came from; empty for one that is held, and after a reset. */
  sourcesOf(piece: number): ReadonlySet<string> {
    this.#checkPiece(piece);
    return this.#sources.get(piece) ?? NO_SOURCES;
  }

  /** A full piece has the right hash and is kept. */
  hold(piece: number): void {
    if (!this.#full.delete(piece)) throw new RangeError(`piece ${piece} is not full`);
    this.#held.set(piece);
    this.#heldBytes += this.#geometry.bytesOf(piece);
    this.#sources.delete(piece);
  }

  /**
   * The filled bytes of a piece are not to be trusted, and absent from now on: a full or held piece is missing again,
   * an active one keeps just its claims.
   */
  reset(piece: number): void {
    this.#checkPiece(piece);
    const bytes = this.#bytesOf(piece);
    for (const filled of this.#filled.intersect(bytes)) this.#taken.remove(filled);
    this.#filled.remove(bytes);
    this.#full.delete(piece);
    this.#sources.delete(piece);
    if (this.#held.has(piece)) {
      this.#held.clear(piece);
      this.#heldBytes -= this.#geometry.bytesOf(piece);
    }
  }

  /**
   * The size became known. Everything past the end is dropped; a full or held piece that reached past it is missing
   * again, since its hash covers bytes that the file does not have. Returns the pieces that became full: at most the
   * last. Throws when a known size or the size of the pieces would change.
   */
  setGeometry(geometry: Geometry): readonly number[] {
    const old = this.#geometry;
    const { sizeBytes, pieceCount } = geometry;
    if (geometry.pieceBytes !== old.pieceBytes || (old.sizeBytes ?? sizeBytes) !== sizeBytes) {
      throw new RangeError('the cut of a file cannot change once it is known');
    }
    if (sizeBytes === undefined || pieceCount === undefined || old.sizeBytes === sizeBytes) return [];
    const last = geometry.pieceAt(sizeBytes);
    for (const run of this.#held.runs()) {
      for (let piece = Math.max(run.start, last); piece < run.end; piece++) this.reset(piece);
    }
    for (const piece of [...this.#full, ...this.#sources.keys()]) {
      if (piece >= pieceCount || (piece === last && this.#full.has(piece))) this.reset(piece);
    }
    for (const [writer] of this.#writers) this.trim(writer, sizeBytes);
    const past = { start: sizeBytes, end: Number.MAX_SAFE_INTEGER };
    this.#filled.remove(past);
    this.#taken.remove(past);
    this.#geometry = geometry;
    if (last === pieceCount) return [];
    if (!this.#filled.overlaps(this.#bytesOf(last))) this.#sources.delete(last);
    if (!this.#filled.covers(this.#bytesOf(last))) return [];
    this.#full.add(last);
    return [last];
  }

  #noteSource(piece: number, source: string): void {
    const sources = this.#sources.get(piece);
    if (sources === undefined) this.#sources.set(piece, new Set([source]));
    else sources.add(source);
  }

  #bytesOf(piece: number): ByteRange {
    return { start: this.#geometry.startOf(piece), end: this.#geometry.endOf(piece) };
  }

  #writerOf(writer: number): Writer {
    const claim = this.#writers.get(writer);
    if (claim === undefined) throw new RangeError(`writer ${writer} has no claim`);
    return claim;
  }

  #checkPiece(piece: number): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= (this.#geometry.pieceCount ?? MAX_PIECES)) {
      throw new RangeError(`the file has no piece ${piece}`);
    }
  }
}

const NO_SOURCES: ReadonlySet<string> = new Set();
