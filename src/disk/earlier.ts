import { randomInt } from 'node:crypto';
import { samplesOf } from '../core/block-samples.ts';
import { compareFiles } from '../core/file-identity.ts';
import type { FileIdentity, PieceRecord } from '../core/messages.ts';
import { areEqualIn, type ReadBytes, readerOf } from './files/equal-bytes.ts';
import { openPart } from './files/part-file.ts';
import type { JournalHeader } from './journal/journal-format.ts';

/** What an earlier run has left, and what the file is now said to be. */
export interface Earlier {
  readonly partPath: string;
  readonly header: JournalHeader;
  readonly records: ReadonlyMap<number, PieceRecord>;
}

export interface Now {
  readonly url: string;
  readonly identity: FileIdentity;
  readonly pieceBytes: number;
  /** See `PartOptions`. */
  readonly compare?: ReadBytes | undefined;
  /** See `PartOptions`. */
  readonly isElsewhere?: boolean | undefined;
}

/**
 * What is to become of an earlier part:
 * - `same`: it is of the file, and is gone on with.
 * - `size-only`: nothing but its size speaks for it; it is gone on with, and the user told.
 * - `changed`: it is of the same download, and of another state of the file.
 * - `unsized`: the same, because the size of the file, which was known, is not told any more.
 * - `unknown`: its size was never learnt, so that nothing can be made of it.
 * - `other`: it is another download's.
 */
export type EarlierPart = 'same' | 'size-only' | 'changed' | 'unsized' | 'unknown' | 'other';

/**
 * Whether an earlier part is of the file: by what its server says, or by samples of the bytes where that leaves it open. What
 * is open and cannot be compared has changed. Rejects with what `compare` rejects with.
 */
export async function judgeEarlier(earlier: Earlier, now: Now): Promise<EarlierPart> {
  const { url, identity } = earlier.header;
  const isElsewhere = now.isElsewhere === true;
  const use = isElsewhere ? 'resumeElsewhere' : 'resume';
  const { verdict, by } = compareFiles(use, { ...identity, place: url }, { ...now.identity, place: now.url });
  if (verdict === 'same') return 'same';
  if (verdict === 'different') return by === 'place' ? 'other' : 'changed';
  const contrary = by === 'place' ? 'other' : 'changed';
  // Without a size there is no telling where its pieces are in the file.
  if (by === 'size') return identity.sizeBytes === undefined ? 'unknown' : 'unsized';
  // What holds nothing holds nothing wrong.
  if (earlier.records.size === 0 && by !== 'place') return 'same';
  const isEqual = await hasEqualBytes(earlier, now);
  if (isEqual !== undefined) return isEqual ? 'same' : contrary;
  return by === 'nothing' && !isElsewhere ? 'size-only' : contrary;
}

/** Whether samples of the part are what `compare` gives; undefined when there is nothing to compare. */
async function hasEqualBytes({ partPath, header, records }: Earlier, now: Now): Promise<boolean | undefined> {
  const { compare, pieceBytes } = now;
  const { sizeBytes } = now.identity;
  if (compare === undefined || sizeBytes === undefined || header.pieceBytes !== pieceBytes) return undefined;
  // What holds nothing agrees with everything, and proves nothing.
  if (records.size === 0) return undefined;
  await using file = await openPart(partPath);
  if (file === undefined) return undefined;
  const held = [...records.keys()].sort((a, b) => a - b).filter((piece) => piece * pieceBytes < sizeBytes);
  const claims = held.map((piece) => ({
    start: piece * pieceBytes,
    end: Math.min((piece + 1) * pieceBytes, sizeBytes),
  }));
  return await areEqualIn(samplesOf(claims, randomInt), readerOf(file), compare);
}
