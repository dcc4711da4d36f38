import { DIGEST_NAMES, type DigestKind, digestKind } from '../../core/digest-kinds.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Geometry } from '../../core/geometry.ts';
import { advice } from '../../core/hint.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { PieceDigest } from '../digests/digest.ts';

export interface PartOptions {
  /** Where the finished file goes; created if it is missing. */
  readonly directory: string;
  /** A safe name: see `safeFileName`. */
  readonly fileName: string;
  /** Name or path given by the user instead; relative to `directory`. A directory: the file goes into it. */
  readonly output?: string | undefined;
  readonly url: string;
  readonly identity: FileIdentity;
  readonly geometry: Geometry;
  /**
   * Bytes `start` to `end - 1` as the origin has them. Where the statements of the origin do not decide whether an
   * earlier part belongs to the same file, samples of it are compared, and it is put aside when they differ. What this
   * rejects with goes to the caller of `open`. Without it, a part with another strong ETag or of another address is put
   * aside.
   */
  readonly compare?: ((start: number, end: number) => Promise<Uint8Array>) | undefined;
  /**
   * The file was found at another address than `url`: what one server states proves nothing about the file of another,
   * so an earlier part is always compared.
   */
  readonly isElsewhere?: boolean | undefined;
  /** For journals and locks: `places().dataDir`. */
  readonly dataDir: string;
  /** Digests of the whole file to compute beside sha256: any of `DIGEST_NAMES`. */
  readonly digests?: readonly string[] | undefined;
  /**
   * The digest that `hash` gives, that records hold as `sha256` and that the journal stores. Default `sha256`; `crc32`
   * is enough for a download alone, which only needs to know what has reached the disk. Either can resume a part of the
   * other.
   */
  readonly pieceDigest?: PieceDigest | undefined;
  /** Progress of the check of an earlier run's pieces. */
  readonly onProgress?: ((checkedBytes: number, totalBytes: number) => void) | undefined;
  /** Something the user should know, in a sentence. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Called once when writing has failed for good, with the error that every later call rejects with. */
  readonly onError?: ((error: DragonloadError) => void) | undefined;
  /** Stops the check of an earlier run's pieces; `open` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface FinishedPart {
  readonly path: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** By algorithm, in lower-case hex: sha256, those asked for at opening, and those expected. */
  readonly digests: Readonly<Record<string, string>>;
}

/** A digest's name in any spelling (`SHA-256`). Throws `usage` for one that cannot be computed. */
export function algorithmFrom(name: string): DigestKind {
  const found = digestKind(name);
  if (found !== undefined) return found;
  throw new DragonloadError('usage', `The digest ${name} is not known.`, {
    hint: advice(`Use one of ${DIGEST_NAMES.join(', ')}.`),
  });
}
