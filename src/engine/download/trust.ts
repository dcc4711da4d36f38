import { DIGEST_KINDS } from '../../core/digest-kinds.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { MemberId } from '../../core/ids.ts';
import type { Trust } from '../../core/result.ts';
import type { ImportedBytes } from '../../disk/journal/journal-format.ts';
import type { MirroredBytes } from '../../origin/sources/sources.ts';

const CRC_BYTES = 4;

/** Whose word a digest is that came with the room's offer: a member's, so the file has to match it and it proves no more. */
export const THE_ROOM = 'the room';

/** Stands for the signer of what a member fetched alone: there is nobody to prove anything to. */
export const NOBODY: MemberId = '0'.repeat(64);

/**
 * What can be said of a file that was here before, put there by whom nobody knows. `expected`: digests that it has.
 */
export function trustOfLocal(expected: readonly ExpectedDigest[]): Trust {
  const trust = trustOf(expected, [], NOBODY);
  return trust.kind === 'publisher-verified' ? trust : { kind: 'imported', comparedShare: 0 };
}

/**
 * What can honestly be said of a finished file. A CRC that its publisher states shows damage on the way and proves no
 * more than that the bytes came as they were sent.
 *
 * @param signers Who signed its pieces, in this run and in those before.
 * @param imported What another program had left, if that is in it.
 * @param mirrored What came from addresses for which only samples speak, if that is in it.
 */
export function trustOf(
  expected: readonly ExpectedDigest[],
  signers: Iterable<MemberId>,
  me: MemberId,
  imported?: ImportedBytes | undefined,
  mirrored?: MirroredBytes | undefined,
): Trust {
  const digest = expected.find(
    ({ by, algorithm }) => by !== THE_ROOM && DIGEST_KINDS[algorithm].bytes > CRC_BYTES,
  );
  if (digest) return { kind: 'publisher-verified', by: `${digest.algorithm} from ${digest.by}` };
  for (const signer of signers) {
    if (signer !== me && signer !== NOBODY) return { kind: 'room-consistent', auditedShare: 0 };
  }
  const unseen = [imported, mirrored].filter((bytes) => bytes !== undefined);
  if (unseen.length === 0) return { kind: 'self-verified' };
  const shares = unseen.map(({ bytes, comparedBytes }) => comparedBytes / Math.max(1, bytes));
  // Of both, nobody here saw come what is imported; the share is that of which less is known.
  return { kind: imported === undefined ? 'mirrored' : 'imported', comparedShare: Math.min(...shares) };
}
