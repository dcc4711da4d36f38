import { safeText } from '../text/text.ts';
import { usageError } from './usage.ts';

/** `--port`: 0 to 65535, where 0 lets the system choose. */
export function parsePort(text: string): number {
  return wholeNumber('--port', text, 0, 65535);
}

/** `--connections`: 1 to 16. */
export function parseConnections(text: string): number {
  return wholeNumber('--connections', text, 1, 16);
}

/** `--category GLOB=DIR` as a pair. */
export function parseCategory(text: string): readonly [pattern: string, directory: string] {
  const at = text.lastIndexOf('=');
  const pattern = text.slice(0, Math.max(0, at));
  const directory = text.slice(at + 1);
  if (pattern !== '' && directory !== '') return [pattern, directory];
  throw usageError(
    '--category takes a pattern for file names and a directory, as GLOB=DIR.',
    "Write for example --category '*.iso=discs', with the quotes.",
  );
}

/** A time of day, `HH:MM` from 00:00 to 23:59. */
export function parseTime(text: string, flag = '--at'): string {
  if (TIME.test(text)) return text.padStart(5, '0');
  throw usageError(
    `${flag} takes a time of day from 00:00 to 23:59, not "${safeText(text)}".`,
    'Write for example --at 02:00.',
  );
}

const TIME = /^([01]?\d|2[0-3]):[0-5]\d$/;

/** `--between HH:MM-HH:MM`. */
export function parseWindow(text: string): string {
  const [from = '', to = '', ...rest] = text.split('-');
  if (rest.length > 0 || !TIME.test(from) || !TIME.test(to) || from === to) {
    throw usageError(
      `--between takes two different times of day, not "${safeText(text)}".`,
      'Write for example --between 01:00-06:00; 22:00-06:00 is over midnight.',
    );
  }
  return `${parseTime(from)}-${parseTime(to)}`;
}

/** A whole number of a flag. Throws a usage error for anything else and what is out of range. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^-?\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usageError(
    `${flag} takes a whole number from ${min} to ${max}, not "${safeText(text)}".`,
    `Give a number in that range or leave ${flag} out.`,
  );
}

/** The longest name that the members of a room show each other, in characters. */
const MAX_NAME = 64;

/** `--name`: 1 to 64 characters on one line, spaces around it dropped. */
export function parseName(text: string): string {
  const name = text.trim();
  const chars = [...name].length;
  if (chars >= 1 && chars <= MAX_NAME && safeText(name) === name) return name;
  throw usageError(
    `--name takes 1 to ${MAX_NAME} visible characters on one line.`,
    'Choose a shorter or simpler name, such as --name alice.',
  );
}

/** Hex digits of each digest that `--checksum` takes. */
const DIGEST_DIGITS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128, sha1: 40, md5: 32 };

/** `--checksum ALG=HEX` (also `ALG:HEX`, `SHA-256=...`) as `alg:hex` in lower case. */
export function parseChecksum(text: string): string {
  const match = /^([a-z0-9-]+)[=:]([0-9a-z]+)$/i.exec(text.trim());
  const known = Object.keys(DIGEST_DIGITS).join(', ');
  if (match === null) {
    throw usageError(
      '--checksum takes the algorithm and the digest in hex, as ALG=HEX.',
      `Write for example --checksum sha256=<64 hex digits>; known are ${known}.`,
    );
  }
  const algorithm = match[1]!.toLowerCase().replace(/^(sha|md)-/, '$1');
  const hex = match[2]!.toLowerCase();
  const digits = Object.hasOwn(DIGEST_DIGITS, algorithm) ? DIGEST_DIGITS[algorithm] : undefined;
  if (digits === undefined) {
    throw usageError(`--checksum does not know the algorithm "${match[1]}".`, `Use one of ${known}.`);
  }
  if (hex.length !== digits || !/^[0-9a-f]+$/.test(hex)) {
    const problem =
      hex.length === digits ? 'something else than hex digits is in it' : `this has ${hex.length}`;
    throw usageError(
      `A ${algorithm} digest has ${digits} hex digits; ${problem}.`,
      'Copy the whole digest from where the file is published.',
    );
  }
  return `${algorithm}:${hex}`;
}

/** A token of RFC 9110 (HTTP Semantics), section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A field value of RFC 9110, section 5.5, without the obsolete parts outside ASCII. */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;
/** Fields that carry out the download itself; another value would break it or the connection. */
const OWN_FIELDS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** `-H 'Name: value'` as a pair. */
export function parseHeader(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(0, colon));
  const value = text.slice(colon + 1).trim();
  // The value may be a secret: no message repeats it.
  if (colon < 1 || !TOKEN.test(name)) {
    throw usageError(
      '--header takes a field name, a colon and a value.',
      "Write for example -H 'Authorization: Bearer TOKEN', with the quotes.",
    );
  }
  if (!FIELD_VALUE.test(value)) {
    throw usageError(
      `The value of the header ${name} has characters that HTTP does not carry.`,
      'Use printable ASCII on one line.',
    );
  }
  if (OWN_FIELDS.has(name.toLowerCase())) {
    throw usageError(`The header ${name} is Dragonload's own to set.`, `Leave -H '${name}: ...' out.`);
  }
  return [name, value];
}
