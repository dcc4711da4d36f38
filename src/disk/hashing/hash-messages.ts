import type { Algorithm, PieceDigest } from '../digests/digest.ts';

/** Requests to the hash thread. */
export type HashRequest =
  /**
   * A file whose whole-file digests are wanted, from its first byte on; the descriptor stays open until `close` is
   * answered.
   */
  | {
      readonly type: 'open';
      readonly part: number;
      readonly fd: number;
      readonly algorithms: readonly Algorithm[];
      /**
       * Whether the whole-file digests may take bytes from blocks, instead of reading them back when they are final.
       */
      readonly onTheWay: boolean;
    }
  /**
   * The next bytes of a stream. `first` begins a piece and names its digest; the last of a piece has an `id` and is
   * answered with that digest. The block is freed in any case.
   */
  | {
      readonly type: 'block';
      readonly part: number;
      readonly stream: number;
      readonly block: number;
      readonly offset: number;
      readonly length: number;
      readonly first: PieceDigest | undefined;
      readonly id: number | undefined;
    }
  /** Bytes from `offset` on may change without blocks; from there on nothing is final any more. */
  | { readonly type: 'rewritten'; readonly part: number; readonly offset: number }
  | { readonly type: 'end-stream'; readonly stream: number }
  /** Answered with digests of a range of the file, all computed in one read. */
  | {
      readonly type: 'range';
      readonly part: number;
      readonly id: number;
      readonly start: number;
      readonly end: number;
      readonly algorithms: readonly (Algorithm | PieceDigest)[];
    }
  /** Answered with one array: the digests, end to end, of the pieces that a range of the file is cut into. */
  | {
      readonly type: 'pieces';
      readonly part: number;
      readonly id: number;
      readonly start: number;
      readonly end: number;
      readonly pieceBytes: number;
      readonly algorithm: Algorithm;
    }
  /** The file is final up to `end`. */
  | { readonly type: 'frontier'; readonly part: number; readonly end: number }
  /** Answered with the digests of the whole file as soon as all of it has been hashed. */
  | { readonly type: 'digests'; readonly part: number; readonly id: number; readonly sizeBytes: number }
  /** Answered when the descriptor is no longer needed; what was asked about it before is answered with an error. */
  | { readonly type: 'close'; readonly part: number; readonly id: number };

/** Answers of the hash thread. */
export type HashReply =
  | { readonly type: 'free'; readonly block: number }
  | { readonly type: 'answer'; readonly id: number; readonly digests: readonly Uint8Array[] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
