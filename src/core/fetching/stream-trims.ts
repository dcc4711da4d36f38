import type { Geometry } from '../geometry.ts';
import type { Ledger } from '../ledger.ts';
import type { ByteRange, Run } from '../ranges.ts';
import type { HeldLease } from './lease-book.ts';
import type { OriginStream, OriginStreams } from './origin-streams.ts';

/** A stream that brings nothing for this long has come to a stop, for all that is known. */
const STILL_MS = 2_000;
/** A fragment shorter than this is not worth a pull. */
const MIN_FRAGMENT_BYTES = 16 * 1024;

export interface StreamTrimsOptions {
  readonly ledger: Ledger;
  readonly streams: OriginStreams;
  /** Whether a piece is better had from another member. */
  readonly onLan: (piece: number) => boolean;
}

/** Lets streams end earlier when somebody else has, or is to fetch, what they were going to bring. */
export class StreamTrims {
  readonly #options: StreamTrimsOptions;
  readonly #streams: OriginStreams;

  constructor(options: StreamTrimsOptions) {
    this.#options = options;
    this.#streams = options.streams;
  }

  /** A lease was taken back from `held.end` on. */
  revoked(held: HeldLease, nowMs: number): void {
    for (const stream of this.#streams) {
      if (stream.end <= held.end || stream.start >= held.lease.end || stream.start < held.lease.start)
        continue;
      // A tail is taken back because somebody has the piece by now: the rest of it serves nobody.
      const keptUntil = held.lease.kind === 'tail' ? held.end : this.#keptUntil(stream, nowMs);
      this.#streams.trim(stream, Math.max(held.end, keptUntil));
    }
  }

  /** Others hold these pieces now: streams that were going to fetch them end before. */
  skip(runs: readonly Run[]): void {
    const geometry = this.#geometry;
    for (const stream of this.#streams) {
      const next = Math.ceil(Math.max(stream.position, stream.start + 1) / geometry.pieceBytes);
      const last = geometry.pieceAt(stream.end - 1);
      for (const run of runs) {
        for (let piece = Math.max(run.start, next); piece < run.end && piece <= last; piece++) {
          if (geometry.startOf(piece) >= stream.end || !this.#options.onLan(piece)) continue;
          this.#streams.trim(stream, geometry.startOf(piece));
        }
      }
    }
  }

  /**
   * Another member has fetched the end of a piece that is still arriving here. Lets the stream end earlier and
   * returns the bytes to pull, or undefined when they are not worth it.
   */
  fragment(fragment: ByteRange): ByteRange | undefined {
    const piece = this.#geometry.pieceAt(fragment.start);
    if (fragment.end !== this.#geometry.endOf(piece)) return undefined;
    for (const stream of this.#streams) {
      if (stream.end !== fragment.end || stream.position >= fragment.end) continue;
      const cut = Math.max(fragment.start, stream.position);
      if (fragment.end - cut < MIN_FRAGMENT_BYTES) return undefined;
      this.#streams.trim(stream, cut);
      return { start: cut, end: fragment.end };
    }
    return undefined;
  }

  /**
   * How far a stream goes on when its lease is taken away. A piece that has begun to arrive is finished: half a piece
   * serves nobody. Unless no more of it comes: then whoever has the lease now will bring it.
   */
  #keptUntil(stream: OriginStream, nowMs: number): number {
    const { start, position } = stream;
    if (nowMs - stream.movedMs >= STILL_MS) return start;
    // One that was split off has the rest of a piece that another stream has begun.
    const isRest = start > this.#geometry.startOf(this.#geometry.pieceAt(start));
    if (position > start) return this.#geometry.endOf(this.#geometry.pieceAt(position - 1));
    return isRest ? this.#geometry.endOf(this.#geometry.pieceAt(start)) : start;
  }

  get #geometry(): Geometry {
    return this.#options.ledger.geometry;
  }
}
