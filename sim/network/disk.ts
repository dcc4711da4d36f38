import type { Geometry } from '../../src/core/geometry.ts';
import type { DownloadId } from '../../src/core/ids.ts';
import type { PieceRecord } from '../../src/core/messages.ts';
import { Extent, RIGHT, type Segment, symbolicSha256 } from './content.ts';

/** The part file and the journal of one member. It outlives the member's process. */
export class Disk {
  readonly #download: DownloadId;
  readonly #geometry: Geometry;
  readonly #extents = new Map<number, Extent>();
  readonly #records = new Map<number, PieceRecord>();

  /** `geometry` is the true one, with the size known. */
  constructor(download: DownloadId, geometry: Geometry) {
    this.#download = download;
    this.#geometry = geometry;
  }

  /** Pieces that are journalled as checked. */
  get records(): ReadonlyMap<number, PieceRecord> {
    return this.#records;
  }

  /** Pieces of which there are any bytes. */
  get pieces(): Iterable<number> {
    return this.#extents.keys();
  }

  extent(piece: number): Extent {
    const extent = this.#extents.get(piece) ?? new Extent();
    this.#extents.set(piece, extent);
    return extent;
  }

  /** Writes bytes that may span pieces. What is kept is not written again, as in the real part file. */
  write(start: number, end: number, value: string, fromOrigin: boolean): void {
    for (let at = start; at < end; ) {
      const piece = this.#geometry.pieceAt(at);
      const stop = Math.min(end, this.#geometry.endOf(piece));
      if (!this.#records.has(piece)) this.extent(piece).write(at, stop, value, fromOrigin);
      at = stop;
    }
  }

  /** Whether it may serve these bytes: all of checked pieces, or fetched from the origin by this member itself. */
  canServe(start: number, end: number): boolean {
    if (start < 0 || end <= start || end > this.#geometry.sizeBytes!) return false;
    for (let at = start; at < end; ) {
      const piece = this.#geometry.pieceAt(at);
      const stop = Math.min(end, this.#geometry.endOf(piece));
      if (!this.#records.has(piece)) {
        let bytes = 0;
        for (const segment of this.#extents.get(piece)?.read(at, stop) ?? []) {
          if (segment.fromOrigin) bytes += segment.end - segment.start;
        }
        if (bytes < stop - at) return false;
      }
      at = stop;
    }
    return true;
  }

  isComplete(piece: number): boolean {
    const extent = this.#extents.get(piece);
    const start = this.#geometry.startOf(piece);
    const end = this.#geometry.endOf(piece);
    return extent !== undefined && extent.coveredBytes(start, end) === end - start;
  }

  isRight(piece: number): boolean {
    return this.isComplete(piece) && this.extent(piece).segments.every((segment) => segment.value === RIGHT);
  }

  sha256(piece: number): Uint8Array {
    return symbolicSha256(this.#download, piece, this.extent(piece).segments);
  }

  read(piece: number, start: number, end: number): readonly Segment[] {
    return this.#extents.get(piece)?.read(start, end) ?? [];
  }

  keep(record: PieceRecord): void {
    this.#records.set(record.piece, record);
  }

  unkeep(piece: number): void {
    this.#records.delete(piece);
  }

  /** What a new process finds after a crash: journalled pieces only; `wiped`: nothing. */
  crash(wiped: boolean): void {
    if (wiped) this.#records.clear();
    for (const piece of this.#extents.keys()) if (!this.#records.has(piece)) this.#extents.delete(piece);
  }
}
