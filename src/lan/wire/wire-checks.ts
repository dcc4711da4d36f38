import { isIP } from 'node:net';
import { isContentName } from '../../core/content-name.ts';
import { DragonloadError } from '../../core/errors.ts';
import { MAX_PIECE_BYTES, MAX_PIECES } from '../../core/geometry.ts';
import { MAX_URL_CHARS } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { readWebUrl } from '../../url/web-url.ts';
import { MAX_ADDRESSES, parseHostPort } from '../network/addresses.ts';

// Checks of values that other members send. Each returns the checked value or throws DragonloadError 'bad-peer'.

/** A display name has at most this many UTF-16 code units. */
export const MAX_NAME_CHARS = 64;
/** No file is longer: the largest number of the largest pieces. */
export const MAX_FILE_BYTES = MAX_PIECES * MAX_PIECE_BYTES;

/** The error of every check. `what` completes "A member sent ...". */
export function violation(what: string): DragonloadError {
  return new DragonloadError('bad-peer', `A member sent ${what}.`, {
    hint: { kind: 'update', who: 'both' },
  });
}

/** At most `max` items. */
export function list<T>(items: readonly T[], max: number, what: string): readonly T[] {
  if (items.length > max) throw violation(`${items.length} ${what}, more than ${max}`);
  return items;
}

/** Exactly `length` bytes, as lower-case hex: ids. */
export function hexId(bytes: Uint8Array, length: number, what: string): string {
  return Buffer.from(exactly(bytes, length, what)).toString('hex');
}

/** Exactly `length` bytes. */
export function exactly(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length !== length) throw violation(`${what} of ${bytes.length} bytes, not ${length}`);
  return bytes;
}

/** A uint64 that a JavaScript number holds exactly and that is at most `max`. */
export function count(value: bigint | number, what: string, max = Number.MAX_SAFE_INTEGER): number {
  const number = Number(value);
  if (!(number >= 0 && number <= max)) throw violation(`${what} that is too large`);
  return number;
}

/** A double that is finite and not negative: rates. */
export function rate(value: number, what: string): number {
  if (!(Number.isFinite(value) && value >= 0)) throw violation(`${what} that is no rate`);
  return value;
}

/** Bytes of a file; `start` may equal `end` only when `mayBeEmpty`. */
export function byteRange(start: bigint, end: bigint, what: string, mayBeEmpty = false): ByteRange {
  const range = { start: count(start, what, MAX_FILE_BYTES), end: count(end, what, MAX_FILE_BYTES) };
  if (range.start > range.end || (range.start === range.end && !mayBeEmpty))
    throw violation(`${what} that ends before it starts`);
  return range;
}

/** At most `max` UTF-16 code units. */
export function text(value: string, max: number, what: string): string {
  if (value.length > max) throw violation(`${what} of ${value.length} characters, more than ${max}`);
  return value;
}

/**
 * Text to show: without control, format (bidirectional overrides, zero-width) and line-separating characters,
 * white space folded.
 */
export function printable(value: string): string {
  return value
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** A member's name that is safe to show; a name without visible characters becomes `member`. */
export function memberName(value: string): string {
  return printable(text(value, MAX_NAME_CHARS, 'a name')) || 'member';
}

/** Addresses of a member: `address:port`, no host names, so that no member can make another one look up names. */
export function memberAddresses(values: readonly string[]): readonly string[] {
  for (const value of list(values, MAX_ADDRESSES, 'addresses')) {
    const parsed = parseHostPort(text(value, 100, 'an address'));
    if (parsed === undefined || isIP(parsed.host) === 0) throw violation('an address that is none');
  }
  return values;
}

/** An absolute http or https URL, as it was sent. */
export function webUrl(value: string): string {
  text(value, MAX_URL_CHARS, 'a URL');
  if (readWebUrl(value).kind !== 'web') throw violation('a URL that is not of http or https');
  return value;
}

/** Where an offered file is: a `webUrl`, or its name by content when it has no origin. As it was sent. */
export function offerUrl(value: string): string {
  return isContentName(value) ? value : webUrl(value);
}

/**
 * The address of a source as it was sent: a `webUrl` without a fragment (RFC 3986, 3.5), which is never sent to an
 * origin.
 */
export function sourceUrl(value: string): string {
  if (/[#\s\p{Cc}]/u.test(webUrl(value))) throw violation('a URL with a fragment or a line break');
  return value;
}

/** Whether the other side would accept this as the address of a source. */
export function isSourceUrl(value: string): boolean {
  try {
    return sourceUrl(value) === value;
  } catch {
    return false;
  }
}

const DIGEST_HEX: Readonly<Record<string, number>> = { sha256: 64, sha512: 128, sha1: 40, md5: 32 };

/** `alg:hex`. */
export function checksum(value: string): string {
  const [algorithm = '', hex = ''] = text(value, 160, 'a checksum').split(':', 2);
  if (DIGEST_HEX[algorithm] !== hex.length || !/^[0-9a-f]+$/.test(hex) || value !== `${algorithm}:${hex}`) {
    throw violation('a checksum that is none');
  }
  return value;
}
