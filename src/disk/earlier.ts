import { randomInt } from 'node:crypto';
import type { FileIdentity, PieceRecord } from '../core/messages.ts';
import { agree, samplesOf } from './files/block-samples.ts';
import { openPart, readInto } from './files/part-file.ts';
import type { JournalHeader } from './journal/journal-format.ts';
import { type Likeness, likeness } from './same-file.ts';

const RANDOM_RANGE = 2 ** 47;

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
  readonly compare?: ((start: number, end: number) => Promise<Uint8Array>) | undefined;
  /** See `PartOptions`. */
  readonly isElsewhere?: boolean | undefined;
}

/**
 * How like an earlier part is to the file: by the words of its server, or by samples of the bytes where these leave it open
 * or it was found at another server than before. Never `other-tag`: what cannot be compared has changed. Rejects with what
 * `compare` rejects with.
 */
export async function likenessOf(earlier: Earlier, now: Now): Promise<Likeness> {
  const { url, identity } = earlier.header;
  const words = likeness({ url, identity }, now);
  const isElsewhere = now.isElsewhere === true;
  const isOpen = words === 'other-tag' || words === 'size-only';
  const like = isOpen || isElsewhere ? await compared(earlier, now, words) : words;
  const isUnproven = isElsewhere && now.compare === undefined && (like === 'same' || like === 'size-only');
  return like === 'other-tag' || isUnproven ? 'changed' : like;
}

/** What the bytes say; where none can be compared, what the words said. */
async function compared({ partPath, header, records }: Earlier, now: Now, like: Likeness): Promise<Likeness> {
  const { compare, pieceBytes, url } = now;
  const { sizeBytes } = now.identity;
  const isOne = header.url === url && header.pieceBytes === pieceBytes && records.size > 0;
  if (compare === undefined || !isOne || sizeBytes === undefined) return like;
  if (header.identity.sizeBytes !== undefined && header.identity.sizeBytes !== sizeBytes) return like;
  await using file = await openPart(partPath);
  if (file === undefined) return like;
  const held = [...records.keys()].sort((a, b) => a - b).filter((piece) => piece * pieceBytes < sizeBytes);
  const claims = held.map((piece) => ({
    start: piece * pieceBytes,
    end: Math.min((piece + 1) * pieceBytes, sizeBytes),
  }));
  const here = async (start: number, end: number) => {
    const bytes = Buffer.alloc(end - start);
    await readInto(file, bytes, start);
    return bytes;
  };
  const random = () => randomInt(RANDOM_RANGE) / RANDOM_RANGE;
  return (await agree(samplesOf(claims, random), here, compare)) ? 'same' : 'changed';
}
