import { randomInt } from 'node:crypto';
import { samplesOf } from '../core/block-samples.ts';
import { compareFiles } from '../core/file-identity.ts';
import type { FileIdentity, PieceRecord } from '../core/messages.ts';
import { areEqualIn, type ReadBytes, readerOf } from './files/equal-bytes.ts';
import { openPart } from './files/part-file.ts';
import type { JournalHeader } from './journal/journal-format.ts';

/** The part of an earlier run, and the file as its origin describes it now. */
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
 * What to do with an earlier part:
 * - `same`: it belongs to the file, and is resumed.
 * - `size-only`: only its size matches; it is resumed, and the user is told.
 * - `changed`: it belongs to the same download, but to another state of the file.
 * - `unsized`: as `changed`, because the origin no longer states the size of the file, which was known.
 * - `unknown`: its size was never known, so it cannot be used.
 * - `other`: it belongs to another download.
 */
export type EarlierPart = 'same' | 'size-only' | 'changed' | 'unsized' | 'unknown' | 'other';

/**
 * Whether an earlier part belongs to the file: by what its server states, or where that does not decide, by samples of
 * the bytes. Where neither decides, it counts as changed. Rejects with what `compare` rejects with.
 */
export async function judgeEarlier(earlier: Earlier, now: Now): Promise<EarlierPart> {
  const { url, identity } = earlier.header;
  const isElsewhere = now.isElsewhere === true;
  const use = isElsewhere ? 'resumeElsewhere' : 'resume';
  const { verdict, by } = compareFiles(use, { ...identity, place: url }, { ...now.identity, place: now.url });
  if (verdict === 'same') return 'same';
  if (verdict === 'different') return by === 'place' ? 'other' : 'changed';
  const contrary = by === 'place' ? 'other' : 'changed';
  // Without a size it is not known where its pieces are in the file.
  if (by === 'size') return identity.sizeBytes === undefined ? 'unknown' : 'unsized';
  // A part without pieces cannot have wrong ones.
  if (earlier.records.size === 0 && by !== 'place') return 'same';
  const isEqual = await hasEqualBytes(earlier, now);
  if (isEqual !== undefined) return isEqual ? 'same' : contrary;
  return by === 'nothing' && !isElsewhere ? 'size-only' : contrary;
}

/** Whether samples of the part equal the bytes from `compare`; undefined when there is nothing to compare. */
async function hasEqualBytes({ partPath, header, records }: Earlier, now: Now): Promise<boolean | undefined> {
  const { compare, pieceBytes } = now;
  const { sizeBytes } = now.identity;
  if (compare === undefined || sizeBytes === undefined || header.pieceBytes !== pieceBytes) return undefined;
  // A part without pieces proves nothing.
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
