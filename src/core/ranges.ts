/** Bytes `start` to `end - 1` of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Pieces `start` to `end - 1` of a download. */
export interface Run {
  readonly start: number;
  readonly end: number;
}
