import type { DragonloadError } from '../../core/errors.ts';
import { safeText } from '../text/text.ts';
import { usageError } from './usage.ts';

/** A number, a prefix (`i` makes it binary), then `B` or `bit`, and `/s` or `ps`; all but the number may be missing. */
const RATE = /^(\d+(?:\.\d+)?)\s*([kmg])?(i)?(b|bit)?(?:\/s|ps)?$/i;
/** The same without the time. */
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt])?(i)?(b)?$/i;
const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };
/** Less than this and keeping a connection alive costs more than it carries. */
const MIN_RATE = 1024;

/**
 * A rate from the command line in bytes per second, rounded down. `k`, `M`, `G` (also `KiB`, `MiB`, `GiB`) are powers of 1024,
 * `kB`, `MB`, `GB` powers of 1000, `kbit`, `Mbit`, `Gbit` thousands of bits; the case of the prefix does not matter.
 * Throws a usage error for anything else, for `Mb`, which may mean either, and for less than 1024 bytes per second.
 */
export function parseRate(text: string, flag = '--limit'): number {
  const rate = bytesOf(text, flag, RATE);
  if (rate === undefined) {
    throw usageError(
      `${flag} does not understand "${safeText(text)}" as a rate.`,
      'Write bytes per second, such as 10M, 500k or 1.5MiB/s; for bits per second, such as 80Mbit.',
    );
  }
  if (rate < MIN_RATE || !Number.isSafeInteger(rate)) {
    throw usageError(
      `${flag} ${safeText(text)} is out of range: the least is 1k, which is 1024 bytes per second.`,
      `Leave ${flag} out to go as fast as the link allows.`,
    );
  }
  return rate;
}

/** An amount of bytes from the command line, in the units of `parseRate`: `700M`, `2G`, `1.5GiB`. At least one byte. */
export function parseSize(text: string, flag = '--quota'): number {
  const bytes = bytesOf(text, flag, SIZE);
  if (bytes !== undefined && bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  if (bytes !== undefined) {
    throw usageError(
      `${flag} ${safeText(text)} is out of range: the least is 1 byte, the most about 8,000 T.`,
      `Leave ${flag} out for no such end.`,
    );
  }
  throw usageError(
    `${flag} does not understand "${safeText(text)}" as an amount.`,
    'Write bytes, such as 700M, 2G or 1.5GiB.',
  );
}

function bytesOf(text: string, flag: string, form: RegExp): number | undefined {
  const match = form.exec(text.trim());
  if (match === null) return undefined;
  const [, digits, prefix = '', binary, unit] = match;
  if (unit === 'b' && prefix !== prefix.toLowerCase()) throw ambiguous(text, flag);
  if (binary !== undefined && (prefix === '' || unit?.toLowerCase() === 'bit')) return undefined;
  const base = unit !== undefined && binary === undefined ? 1000 : 1024;
  const bits = unit?.toLowerCase() === 'bit' ? 8 : 1;
  return Math.floor((Number(digits) * base ** (POWERS[prefix.toLowerCase()] ?? 0)) / bits);
}

function ambiguous(text: string, flag: string): DragonloadError {
  return usageError(
    `${flag} ${safeText(text)} may mean bits or bytes.`,
    'Write 10MB for bytes or 10Mbit for bits.',
  );
}
