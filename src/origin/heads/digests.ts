import type { IncomingHttpHeaders } from 'node:http';
import { byPreference, DIGEST_KINDS, type DigestKind } from '../../core/digest-kinds.ts';

/** A digest of the whole file that its publisher stated. How strong it is: `isStrongDigest(algorithm)`. */
export interface PublishedDigest {
  readonly algorithm: DigestKind;
  /** Lower-case hex digits. */
  readonly hex: string;
  /** Where it was read, for people: a header and a host. */
  readonly by: string;
}

/** What to send so that origins state a digest (RFC 9530 Digest Fields, 4). */
export const WANT_REPR_DIGEST = 'sha-256=10, sha-512=5, sha-384=4';

type Form = 'base64' | 'hex';

/** What RFC 9530 (5) and RFC 3230 (4.1.1) call the algorithms, and what is usual besides. */
const REGISTERED: Readonly<Record<string, DigestKind>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
  'sha-384': 'sha384',
  sha: 'sha1',
  md5: 'md5',
  crc32c: 'crc32c',
};

/** Headers of stores and proxies that state a digest of the stored object in full, in a 206 as well. */
const OBJECT_HEADERS: readonly (readonly [header: string, algorithm: DigestKind, form: Form])[] = [
  ['x-ms-blob-content-md5', 'md5', 'base64'],
  ['x-checksum-sha256', 'sha256', 'hex'],
  ['x-checksum-sha512', 'sha512', 'hex'],
  ['x-checksum-sha1', 'sha1', 'hex'],
  ['x-checksum-md5', 'md5', 'hex'],
];

/** Headers of S3 and compatible stores; of uploads in parts they may be digests of digests, marked `-N`. */
const AMZ_CHECKSUMS = ['sha256', 'sha1', 'crc32c', 'crc32'] as const;

/**
 * Headers to send to `url` so that its origin states digests. S3 refuses a pre-signed URL with a header of its own
 * family that was not signed, so those go without `x-amz-checksum-mode`: ask anew for every URL of a redirect.
 */
export function wantHeaders(url: URL): Readonly<Record<string, string>> {
  const want = { 'want-repr-digest': WANT_REPR_DIGEST };
  const isSigned = [...url.searchParams.keys()].some((name) => /^(x-amz-.+|signature)$/i.test(name));
  return isSigned ? want : { ...want, 'x-amz-checksum-mode': 'ENABLED' };
}

/**
 * Digests of the whole file in the headers of the answer that carries it, preferred ones first. `whole`: the answer is
 * a 200; in a 206 some headers (Content-MD5, x-amz-checksum-*) may speak of the part only and are left out. Encoded
 * answers give none: their digests speak of other bytes or leave it open. Malformed and unknown ones are left out, and
 * a CRC when there is a stronger digest. Digests of one kind that differ all stay: see `worthChecking`.
 */
export function digestsOf(headers: IncomingHttpHeaders, host: string, whole: boolean): PublishedDigest[] {
  const found: PublishedDigest[] = [];
  const add = (header: string, algorithm: DigestKind | undefined, form: Form, value: string) => {
    const digest = published(header, host, algorithm, form, value);
    const isNew = !found.some(({ algorithm, hex }) => algorithm === digest?.algorithm && hex === digest.hex);
    if (digest !== undefined && isNew) found.push(digest);
  };
  const encoding = text(headers['content-encoding']).toLowerCase();
  if (encoding !== '' && encoding !== 'identity') return found;

  // A dictionary of byte sequences (RFC 9651, 3.2 and 3.3.5), which may have parameters.
  for (const [name, value] of pairs(headers['repr-digest'])) {
    const bytes = /^:([^:]*):\s*(;.*)?$/.exec(value)?.[1];
    if (bytes !== undefined) add('Repr-Digest', REGISTERED[name], 'base64', bytes);
  }
  for (const digest of instanceDigests(headers, host)) add('Digest', digest.algorithm, 'hex', digest.hex);
  const stored = headers['x-goog-stored-content-encoding'];
  if (stored === undefined || stored === 'identity') {
    for (const [name, value] of pairs(headers['x-goog-hash'])) {
      if (name === 'md5' || name === 'crc32c') add('x-goog-hash', name, 'base64', value);
    }
  }
  for (const [header, algorithm, form] of OBJECT_HEADERS) add(header, algorithm, form, text(headers[header]));
  if (whole) add('Content-MD5', 'md5', 'base64', text(headers['content-md5']));
  const kind = text(headers['x-amz-checksum-type']).toUpperCase();
  if (kind === 'FULL_OBJECT' || (kind === '' && whole)) {
    for (const algorithm of AMZ_CHECKSUMS) {
      const header = `x-amz-checksum-${algorithm}`;
      add(header, algorithm, 'base64', text(headers[header]));
    }
  }
  const better = found.filter(({ algorithm }) => !algorithm.startsWith('crc'));
  return byPreference(better.length > 0 ? better : found);
}

/** The SHA-256 that model hubs state on their own answer, before they redirect to a store. */
export function linkedDigest(headers: IncomingHttpHeaders, host: string): PublishedDigest | undefined {
  const hex = /^"?([0-9a-f]{64})"?$/i.exec(text(headers['x-linked-etag']))?.[1];
  return hex === undefined ? undefined : published('X-Linked-Etag', host, 'sha256', 'hex', hex);
}

/**
 * Digests of the file in an answer that redirects to one of its mirrors (RFC 6249 Metalink/HTTP, 6), strong ones only.
 * None for any other redirect, whose digests may be those of its own body.
 */
export function duplicateDigests(headers: IncomingHttpHeaders, host: string): PublishedDigest[] {
  if (!/;\s*rel="?duplicate\b/i.test(text(headers.link))) return [];
  return byPreference(
    instanceDigests(headers, host).filter(({ algorithm }) => DIGEST_KINDS[algorithm].isStrong),
  );
}

/** RFC 3230 (Instance Digests), 4.3.2: `SHA-256=base64`; CRC-32C is in hex (RFC 5843). */
function instanceDigests(headers: IncomingHttpHeaders, host: string): PublishedDigest[] {
  return pairs(headers.digest).flatMap(([name, value]) => {
    const form = name === 'crc32c' && value.length === 8 && !value.endsWith('=') ? 'hex' : 'base64';
    return published('Digest', host, REGISTERED[name], form, value) ?? [];
  });
}

function published(
  header: string,
  host: string,
  algorithm: DigestKind | undefined,
  form: Form,
  value: string,
): PublishedDigest | undefined {
  if (algorithm === undefined) return undefined;
  const bytes = Buffer.from(value, form);
  if (bytes.length !== DIGEST_KINDS[algorithm].bytes || !sameText(bytes.toString(form), value, form))
    return undefined;
  return { algorithm, hex: bytes.toString('hex'), by: `${header} of ${host}` };
}

function text(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header.join(', ') : (header ?? '')).trim();
}

function pairs(header: string | string[] | undefined): (readonly [string, string])[] {
  return text(header)
    .split(',')
    .map((item) => {
      const at = item.indexOf('=');
      return [item.slice(0, Math.max(at, 0)).trim().toLowerCase(), item.slice(at + 1).trim()] as const;
    });
}

/** Whether decoding lost nothing: Buffer skips characters outside the alphabet. Padding may be missing. */
function sameText(a: string, b: string, form: Form): boolean {
  return form === 'hex' ? a === b.toLowerCase() : a.replace(/=+$/, '') === b.replace(/=+$/, '');
}
