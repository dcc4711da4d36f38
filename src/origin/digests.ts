import type { IncomingHttpHeaders } from 'node:http';

export type DigestAlgorithm = 'sha256' | 'sha512' | 'sha1' | 'md5';

/** A digest of the whole file that its publisher stated. */
export interface PublishedDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hex digits. */
  readonly hex: string;
  /** Where it was read, for people: a header and a host. */
  readonly by: string;
}

/** What to send so that origins state a digest (RFC 9530 Digest Fields, 4). */
export const WANT_REPR_DIGEST = 'sha-256=10, sha-512=5';

/** Strongest and most usual first; this is also the order of the answer. */
const DIGEST_BYTES: Readonly<Record<DigestAlgorithm, number>> = { sha256: 32, sha512: 64, sha1: 20, md5: 16 };

/** What RFC 9530 and RFC 3230 call the algorithms. */
const REGISTERED: Readonly<Record<string, DigestAlgorithm>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
  sha: 'sha1',
  md5: 'md5',
};

/** Headers of stores and proxies that state a digest of the stored object in full. */
const WHOLE_FILE_HEADERS: readonly (readonly [
  header: string,
  algorithm: DigestAlgorithm,
  form: 'base64' | 'hex',
])[] = [
  ['x-ms-blob-content-md5', 'md5', 'base64'],
  ['x-checksum-sha256', 'sha256', 'hex'],
  ['x-checksum-sha1', 'sha1', 'hex'],
  ['x-checksum-md5', 'md5', 'hex'],
];

/**
 * Digests of the whole file in the headers of the answer that carries it. `whole`: the answer is a 200; in a 206 some
 * headers (Content-MD5, x-amz-checksum-sha256) may speak of the part only and are left out. Encoded answers
 * give none: their digests speak of other bytes or leave it open.
 */
export function digestsOf(headers: IncomingHttpHeaders, host: string, whole: boolean): PublishedDigest[] {
  const found: PublishedDigest[] = [];
  const add = (
    header: string,
    algorithm: DigestAlgorithm | undefined,
    form: 'base64' | 'hex',
    value: string,
  ) => {
    if (algorithm === undefined) return;
    const bytes = Buffer.from(value, form);
    if (bytes.length !== DIGEST_BYTES[algorithm] || !sameText(bytes.toString(form), value)) return;
    found.push({ algorithm, hex: bytes.toString('hex'), by: `${header} of ${host}` });
  };
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return found;

  // RFC 9530: a dictionary of byte sequences, `sha-256=:base64:`. RFC 3230: `SHA-256=base64`.
  for (const [name, value] of pairs(headers['repr-digest'])) {
    const text = /^:([^:]*):$/.exec(value)?.[1];
    if (text !== undefined) add('Repr-Digest', REGISTERED[name], 'base64', text);
  }
  for (const [name, value] of pairs(headers.digest)) add('Digest', REGISTERED[name], 'base64', value);
  const stored = headers['x-goog-stored-content-encoding'];
  if (stored === undefined || stored === 'identity') {
    for (const [name, value] of pairs(headers['x-goog-hash'])) {
      if (name === 'md5') add('x-goog-hash', 'md5', 'base64', value);
    }
  }
  for (const [header, algorithm, form] of WHOLE_FILE_HEADERS)
    add(header, algorithm, form, text(headers[header]));
  if (whole) {
    add('Content-MD5', 'md5', 'base64', text(headers['content-md5']));
    add('x-amz-checksum-sha256', 'sha256', 'base64', text(headers['x-amz-checksum-sha256']));
  }
  const order = Object.keys(DIGEST_BYTES);
  return found.sort((a, b) => order.indexOf(a.algorithm) - order.indexOf(b.algorithm));
}

/** The SHA-256 that model hubs state on their own answer, before they redirect to a store. */
export function linkedDigest(headers: IncomingHttpHeaders, host: string): PublishedDigest | undefined {
  const hex = /^"?([0-9a-f]{64})"?$/i.exec(text(headers['x-linked-etag']))?.[1];
  return hex === undefined
    ? undefined
    : { algorithm: 'sha256', hex: hex.toLowerCase(), by: `X-Linked-Etag of ${host}` };
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

/** Whether decoding lost nothing: Buffer skips what is not of the alphabet. Padding may be left out. */
function sameText(a: string, b: string): boolean {
  return a.replace(/=+$/, '').toLowerCase() === b.replace(/=+$/, '').toLowerCase();
}
