import type { IncomingHttpHeaders } from 'node:http';
import { compareFiles } from '../../core/file-identity.ts';
import type { FileIdentity } from '../../core/messages.ts';

/** What an answer says about the file it is (a part of). A weak ETag says nothing about bytes (RFC 9110, 8.8.1). */
export function identityOf(headers: IncomingHttpHeaders, sizeBytes: number | undefined): FileIdentity {
  const etag = headers.etag?.trim();
  return {
    sizeBytes,
    etag: etag !== undefined && /^"[^"]{1,256}"$/.test(etag) ? etag : undefined,
    lastModified: headers['last-modified']?.slice(0, 64),
  };
}

/**
 * Why an answer belongs to another file than the transfer, as a sentence; undefined when nothing shows that it does.
 * `use`: `otherEtag` where the bytes are checked in another way, so another ETag does not matter.
 */
export function changeOf(
  use: 'rangeAnswer' | 'otherEtag',
  expected: FileIdentity,
  found: FileIdentity,
): string | undefined {
  const { verdict, by } = compareFiles(use, expected, found);
  if (verdict !== 'different') return undefined;
  if (by === 'size')
    return `The file at the origin has changed: it had ${expected.sizeBytes} bytes and now has ${found.sizeBytes}.`;
  if (by === 'date') return 'The file at the origin has changed: it was modified at another time.';
  return 'The file at the origin has changed: it has another ETag.';
}
