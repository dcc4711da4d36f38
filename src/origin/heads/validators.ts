import type { IncomingHttpHeaders } from 'node:http';
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
 * Why `found` is another file than `expected`, as a sentence, or `undefined` when nothing speaks against its being
 * the same. What one of them does not know is not compared. Another strong ETag speaks against it whatever the time of
 * change (RFC 9110, 8.8.3): times are often fixed. `ignoreEtags`: the bytes are checked in another way, since servers
 * behind one name may give one file different ETags.
 */
export function differenceOf(
  expected: FileIdentity,
  found: FileIdentity,
  ignoreEtags = false,
): string | undefined {
  if (
    expected.sizeBytes !== undefined &&
    found.sizeBytes !== undefined &&
    expected.sizeBytes !== found.sizeBytes
  ) {
    return `The file at the origin has changed: it had ${expected.sizeBytes} bytes and now has ${found.sizeBytes}.`;
  }
  if (expected.etag !== undefined && expected.etag === found.etag) return undefined;
  const etagDiffers = expected.etag !== undefined && found.etag !== undefined;
  if (etagDiffers && !ignoreEtags) return 'The file at the origin has changed: it has another ETag.';
  if (equalTimes(expected.lastModified, found.lastModified) === false)
    return 'The file at the origin has changed: it was modified at another time.';
  return undefined;
}

function equalTimes(a: string | undefined, b: string | undefined): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a === b || Date.parse(a) === Date.parse(b);
}
