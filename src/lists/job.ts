import type { HeaderSettings } from '../origin/requests/request-settings.ts';

/** One file to download, as the user or a list of downloads describes it. */
export interface Job {
  /** The address of the file, unless it has expired; it also identifies the file. */
  readonly url: string;
  /** Further addresses of the same file, best first: fresh links before mirrors. */
  readonly mirrors?: readonly string[];
  /** Where the finished file goes, instead of the task's directory. Relative to that. */
  readonly directory?: string;
  /** Name or path of the finished file, relative to the directory. */
  readonly output?: string;
  /** Name for the file if neither `output` nor the user names it; made safe before use. */
  readonly fileName?: string;
  /** Digests that the file must have. */
  readonly checksums?: readonly StatedDigest[];
  /** The size that the file must have. */
  readonly sizeBytes?: number;
  /** Hashes of its pieces, so that only damaged pieces are fetched again. */
  readonly pieces?: PieceHashes;
  /** Higher ones start first. Default 0. */
  readonly priority?: number;
  /** Upper limit for this download alone, in bytes per second. */
  readonly limitRate?: number;
  /** Settings of its requests, where they differ from those of the task. */
  readonly request?: HeaderSettings;
  /**
   * False: somebody else named the addresses, as a Metalink file from the web does. No credentials are sent there, and
   * they may not lead to private addresses unless the user allows it. Default true.
   */
  readonly trusted?: boolean;
  /**
   * A Metalink file from the web led to it. If it is a Metalink file itself, it is saved, so that there are no chains.
   */
  readonly isListed?: boolean;
  /** A leftover of another program to begin with: see `importLeftover`. */
  readonly leftover?: string;
  /** Its number in the list of downloads, if it has one already. */
  readonly id?: number;
}

/** `alg:hex`, and who has stated it, for people. */
export interface StatedDigest {
  readonly checksum: string;
  readonly by: string;
}

/** RFC 5854 (Metalink), 4.1.3: every piece has `pieceBytes`, the last one may be shorter. */
export interface PieceHashes {
  readonly algorithm: 'sha256' | 'sha512' | 'sha1' | 'md5';
  readonly pieceBytes: number;
  /** Lower-case hex, one for each piece. */
  readonly hashes: readonly string[];
}
