import { type ByteRange, mergeRanges } from '../../core/ranges.ts';

/** The suffix of a control file. */
export const CONTROL_SUFFIX = '.aria2';
/** A control file of a file of 16 TiB in pieces of 1 MiB has 2 MiB; aria2 writes none that is larger. */
export const MAX_CONTROL_BYTES = 16 * 1024 * 1024;

/** aria2 counts what it has of an unfinished piece in blocks of this size (`Piece::BLOCK_LENGTH`). */
const BLOCK_BYTES = 16 * 1024;
const MAX_INFO_HASH_BYTES = 64;
/** Most ranges: more would be too small to use, and slow to check. */
const MAX_RANGES = 1 << 20;

export interface Aria2Control {
  readonly sizeBytes: number;
  /** The ranges that it says are in the file, in order, without overlaps; adjacent ranges are merged. */
  readonly ranges: readonly ByteRange[];
}

/**
 * Reads a control file of aria2 ("Control File (*.aria2) Format", Technical Notes of the aria2 manual). Numbers of
 * version 1 are big endian; those of version 0 are in the byte order of the machine that wrote it, which in all
 * likelihood was little endian. Undefined: not a control file, or one that contradicts itself, or has bytes left over.
 */
export function readAria2Control(bytes: Uint8Array): Aria2Control | undefined {
  try {
    return parse(new Fields(bytes));
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function parse(fields: Fields): Aria2Control | undefined {
  fields.isLittle = fields.bytes(2).join() === '0,0';
  if (!fields.isLittle && fields.read.join() !== '0,1') return undefined;
  // Extension flags: the only one asks to check the info hash, which belongs to a torrent.
  fields.bytes(4);
  fields.bytes(atMost(fields.uint32(), MAX_INFO_HASH_BYTES));
  const pieceBytes = fields.uint32();
  const sizeBytes = fields.uint64();
  fields.uint64();
  if (pieceBytes === 0) return undefined;
  const pieceCount = Math.ceil(sizeBytes / pieceBytes);
  const bitfield = fields.bytes(exactly(fields.uint32(), Math.ceil(pieceCount / 8)));
  const ranges = new Ranges();
  for (const piece of setBits(bitfield, pieceCount)) {
    ranges.add(piece * pieceBytes, Math.min(sizeBytes, (piece + 1) * pieceBytes));
  }
  const inFlight = atMost(fields.uint32(), pieceCount);
  for (let count = 0; count < inFlight; count++) {
    const start = atMost(fields.uint32(), pieceCount - 1) * pieceBytes;
    const length = exactly(fields.uint32(), Math.min(pieceBytes, sizeBytes - start));
    const blockCount = Math.ceil(length / BLOCK_BYTES);
    const blocks = fields.bytes(exactly(fields.uint32(), Math.ceil(blockCount / 8)));
    for (const block of setBits(blocks, blockCount)) {
      ranges.add(start + block * BLOCK_BYTES, start + Math.min(length, (block + 1) * BLOCK_BYTES));
    }
  }
  return fields.isAtEnd ? { sizeBytes, ranges: ranges.merged() } : undefined;
}

/** The bits that are set, the most significant of a byte first. Throws `RangeError` for a bit beyond the last piece. */
function* setBits(bitfield: Uint8Array, count: number): Generator<number> {
  for (let bit = 0; bit < bitfield.length * 8; bit++) {
    if (((bitfield[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0) continue;
    if (bit >= count) throw new RangeError('a bit beyond the end');
    yield bit;
  }
}

function atMost(value: number, limit: number): number {
  if (value > limit) throw new RangeError(`${value} is more than ${limit}`);
  return value;
}

function exactly(value: number, wanted: number): number {
  if (value !== wanted) throw new RangeError(`${value} is not ${wanted}`);
  return value;
}

/** Gathers ranges in any order, and counts them. */
class Ranges {
  readonly #ranges: ByteRange[] = [];

  add(start: number, end: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.end === start) this.#ranges[this.#ranges.length - 1] = { ...last, end };
    else this.#ranges.push({ start, end });
    atMost(this.#ranges.length, MAX_RANGES);
  }

  merged(): readonly ByteRange[] {
    return mergeRanges(this.#ranges);
  }
}

/** Reads field after field; throws `RangeError` at the end of the data. */
class Fields {
  readonly #view: DataView;
  #at = 0;
  isLittle = false;
  /** The last result of `bytes`. */
  read: Uint8Array = new Uint8Array();

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  bytes(length: number): Uint8Array {
    atMost(this.#at + length, this.#view.byteLength);
    this.read = new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, length);
    this.#at += length;
    return this.read;
  }

  uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, this.isLittle);
  }

  /** Throws `RangeError` for a number that JavaScript cannot hold exactly. */
  uint64(): number {
    this.#at += 8;
    return atMost(Number(this.#view.getBigUint64(this.#at - 8, this.isLittle)), Number.MAX_SAFE_INTEGER);
  }
}
