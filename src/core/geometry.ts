import type { ByteRange, Run } from './ranges.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The smallest piece a download is cut into, in bytes. */
export const MIN_PIECE_BYTES = 256 * KIB;
/** The largest piece a download is cut into, in bytes. */
export const MAX_PIECE_BYTES = 16 * MIB;
/** Above this many pieces the next larger piece size is taken, while there is one. */
const TARGET_PIECES = 2048;
/** A download has at most this many pieces: 16 TiB at the largest piece size. */
export const MAX_PIECES = 1 << 20;

/** The size of a piece for a file of `sizeBytes`; an unknown size gets 1 MiB. */
export function pieceBytesFor(sizeBytes: number | undefined): number {
  if (sizeBytes === undefined) return MIB;
  let pieceBytes = MIN_PIECE_BYTES;
  while (pieceBytes < MAX_PIECE_BYTES && sizeBytes > pieceBytes * TARGET_PIECES) pieceBytes *= 2;
  return pieceBytes;
}

/** Whether a file of this size can be cut into pieces of `pieceBytes`: sizes come from other members, too. */
export function isPossibleSize(sizeBytes: number, pieceBytes: number): boolean {
  return Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= MAX_PIECES * pieceBytes;
}

/**
 * How a file is cut into pieces. All pieces have `pieceBytes` bytes but the last, which has what is left.
 * While `sizeBytes` is undefined (the origin named no length) the number of pieces is open-ended.
 */
export class Geometry {
  readonly sizeBytes: number | undefined;
  readonly pieceBytes: number;

  constructor(sizeBytes: number | undefined, pieceBytes: number = pieceBytesFor(sizeBytes)) {
    this.sizeBytes = sizeBytes;
    this.pieceBytes = pieceBytes;
  }

  /** How many pieces there are, or `undefined` while the size is unknown. An empty file has none. */
  get pieceCount(): number | undefined {
    return this.sizeBytes === undefined ? undefined : Math.ceil(this.sizeBytes / this.pieceBytes);
  }

  /** Offset just past the last byte that can be: the size, or while it is unknown the most that can be numbered. */
  get limitBytes(): number {
    return this.sizeBytes ?? MAX_PIECES * this.pieceBytes;
  }

  /** Offset of a piece's first byte. */
  startOf(piece: number): number {
    return piece * this.pieceBytes;
  }

  /** Offset just past a piece's last byte; while the size is unknown, as if the piece were whole. */
  endOf(piece: number): number {
    return Math.min((piece + 1) * this.pieceBytes, this.sizeBytes ?? Number.POSITIVE_INFINITY);
  }

  /** How many bytes a piece has. */
  bytesOf(piece: number): number {
    return this.endOf(piece) - this.startOf(piece);
  }

  /** The piece that holds the byte at `offset`. */
  pieceAt(offset: number): number {
    return Math.floor(offset / this.pieceBytes);
  }

  /** The pieces that a range touches, which must not be empty. */
  piecesOf(range: ByteRange): Run {
    return { start: this.pieceAt(range.start), end: this.pieceAt(range.end - 1) + 1 };
  }

  /** The bytes of the pieces `run.start` to `run.end - 1`. */
  bytesOfRun(run: Run): ByteRange {
    return {
      start: this.startOf(run.start),
      end: run.end === run.start ? this.startOf(run.start) : this.endOf(run.end - 1),
    };
  }
}
