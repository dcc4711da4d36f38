import { createHash } from 'node:crypto';
import { parseChecksum } from '../../core/expected-digest.ts';
import { compareFiles } from '../../core/file-identity.ts';
import { safeFileName } from '../../core/file-name.ts';
import { pieceBytesFor } from '../../core/geometry.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { FileIdentity, Offer } from '../../core/messages.ts';
import { withoutUser } from '../../url/web-url.ts';

export interface OfferSource {
  readonly url: string;
  readonly fileName: string;
  readonly ranges: boolean;
  readonly identity: FileIdentity;
  readonly checksum: string | undefined;
  readonly order: number;
}

/**
 * The offer of a file that was found at an origin, made fit for others: its name and checksum are as they may be sent, and
 * its address has no user and password.
 */
export function makeOffer(source: OfferSource): Offer {
  const pieceBytes = pieceBytesFor(source.identity.sizeBytes);
  return {
    type: 'offer',
    download: downloadIdOf(source.url, source.identity, pieceBytes),
    pieceBytes,
    ...source,
    url: withoutUser(source.url),
    fileName: safeFileName(source.fileName),
    checksum: source.checksum === undefined ? undefined : canonical(source.checksum),
  };
}

/**
 * The same file at the same URL has the same id in every room and after every restart, so that signed records of an
 * earlier run stay valid; another version of it has another.
 */
export function downloadIdOf(url: string, identity: FileIdentity, pieceBytes: number): DownloadId {
  const { sizeBytes = null, etag = null, lastModified = null } = identity;
  const text = JSON.stringify([
    'dragonload download v1',
    withoutUser(url),
    sizeBytes,
    etag,
    lastModified,
    pieceBytes,
  ]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * Why a file that this member found at the origin is not the one that the room means; undefined when nothing speaks
 * against it. ETags differ between the edges of a content network, so a differing ETag alone condemns nothing: whoever
 * fetches compares bytes then, before one is used.
 */
export function mismatchOf(room: FileIdentity, mine: FileIdentity): string | undefined {
  const { verdict, by } = compareFiles('offer', room, mine);
  if (verdict !== 'different') return undefined;
  if (by === 'size') {
    return `The origin gives this member ${mine.sizeBytes ?? 'an unknown number of'} bytes, the room has ${room.sizeBytes ?? 'an unknown number of'}.`;
  }
  return 'The origin gives this member another version of the file than the room has.';
}

function canonical(checksum: string): string {
  const { algorithm, hex } = parseChecksum(checksum, '');
  return `${algorithm}:${hex}`;
}
