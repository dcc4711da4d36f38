import type { FileIdentity } from '../core/messages.ts';

/** What a download is of: where from, and what the origin said of it. */
export interface Source {
  readonly url: string;
  readonly identity: FileIdentity;
}

/**
 * - `same`: the validators agree.
 * - `other-tag`: same URL, size and date, but another strong tag: only the bytes can tell.
 * - `size-only`: same URL and size, and no validator that tells more: none was ever named, or a weak tag is the same.
 * - `changed`: same URL, another state of the file.
 * - `unknown`: same URL, but the earlier size was never learnt, so that nothing can be compared.
 * - `unsized`: same URL, and nothing against its being the same file; but its size, which was known, is not told any more.
 * - `other`: another download.
 */
export type Likeness = 'same' | 'other-tag' | 'size-only' | 'changed' | 'unknown' | 'unsized' | 'other';

/**
 * Whether the pieces of an earlier download may be part of a new one. Equal strong entity tags decide, else the
 * modification date (RFC 9110, HTTP Semantics, sections 8.8.2 and 8.8.3). Different strong tags of one date leave it open:
 * servers behind one name may give one file different tags, and dates are often fixed. A weak tag says nothing about bytes. From another URL (a mirror) only equal strong tags and sizes count.
 */
export function likeness(before: Source, now: Source): Likeness {
  const a = before.identity;
  const b = now.identity;
  const sameUrl = before.url === now.url;
  const sameSize = a.sizeBytes !== undefined && a.sizeBytes === b.sizeBytes;
  const tagA = strong(a.etag);
  const tagB = strong(b.etag);
  const knowsTags = tagA !== undefined && tagB !== undefined;
  const sameTag = knowsTags && tagA === tagB;
  const knowsDates = a.lastModified !== undefined && b.lastModified !== undefined;
  const sameDate = knowsDates && a.lastModified === b.lastModified;
  if (sameTag && sameSize) return 'same';
  if (!sameUrl) return 'other';
  if (a.sizeBytes === undefined) return knowsTags && !sameTag ? 'changed' : 'unknown';
  if (b.sizeBytes === undefined) return sameTag || sameDate ? 'unsized' : 'changed';
  if (!sameSize) return 'changed';
  if (knowsTags && (sameDate || !knowsDates)) return 'other-tag';
  if (knowsDates) return sameDate ? 'same' : 'changed';
  return a.etag === b.etag && a.lastModified === b.lastModified ? 'size-only' : 'changed';
}

/** RFC 9110, section 8.8.3: a weak tag begins with `W/`. */
function strong(etag: string | undefined): string | undefined {
  return etag === undefined || etag.startsWith('W/') ? undefined : etag;
}
