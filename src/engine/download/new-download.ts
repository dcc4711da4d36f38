import { worthChecking } from '../../core/digest-kinds.ts';
import { type ExpectedDigest, GIVEN_CHECKSUM, parseChecksum } from '../../core/expected-digest.ts';
import { Geometry } from '../../core/geometry.ts';
import type { Offer } from '../../core/messages.ts';
import type { PieceHashes, StatedDigest } from '../../lists/job.ts';
import type { PublishedDigest } from '../../origin/heads/digests.ts';
import type { Origin } from '../../origin/origin.ts';
import { THE_ROOM } from './trust.ts';

/** A download that is taken on. */
export interface NewDownload {
  readonly offer: Offer;
  /** Where it was found, or is to be found; undefined for a file that comes from members alone. */
  readonly origin: Origin | undefined;
  /** What its part is known by, where it was found at another address. Default: the address of the offer. */
  readonly knownBy?: string | undefined;
  /** Another member offers it: its origin may be out of reach from here. */
  readonly isOffered?: boolean | undefined;
  /** Further addresses that the user or the origin has named. */
  readonly mirrors?: readonly string[] | undefined;
  readonly expected: readonly ExpectedDigest[];
  /** Hashes of its pieces as its publisher has cut it. */
  readonly pieces?: PieceHashes | undefined;
  /** Where it goes, when not where the task's files go. */
  readonly directory?: string | undefined;
  readonly output?: string | undefined;
  /** As many connections as proved right for this origin earlier. */
  readonly firstConnections?: number | undefined;
  /** Opens files beside it, in which its publisher may say more of it. */
  readonly openBeside: (url: string, trusted: boolean) => Promise<Origin>;
}

/** How a file is cut, as its offer says. */
export function geometryOf(offer: Offer): Geometry {
  return new Geometry(offer.identity.sizeBytes, offer.pieceBytes);
}

/**
 * The digests that a file must have: the user's word first, whatever it is, then the best that its publisher states. The
 * room's word counts only where the user says nothing.
 *
 * @param checksum What the user said of all downloads of the task.
 * @param stated What the user, or a list, said of this one.
 */
export function expectedDigests(
  offer: Offer,
  published: readonly PublishedDigest[],
  checksum: string | undefined,
  stated: readonly StatedDigest[] = [],
): readonly ExpectedDigest[] {
  const own = checksum === undefined ? [] : [{ checksum, by: GIVEN_CHECKSUM }];
  const given = [...own, ...stated].map((one) => parseChecksum(one.checksum, one.by));
  const room = offer.checksum && given.length === 0 ? [parseChecksum(offer.checksum, THE_ROOM)] : [];
  return [...given, ...worthChecking(published), ...room];
}
