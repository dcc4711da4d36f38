import type { DragonloadError } from '../core/errors.ts';
import { usageError } from './usage.ts';

/** A number, a prefix (`i` makes it binary), then `B` or `bit`, and `/s` or `ps`; all but the number may be missing. */
const RATE = /^(\d+(?:\.\d+)?)\s*([kmg])?(i)?(b|bit)?(?:\/s|ps)?$/i;
const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3 };
/** Less than this and keeping a connection alive costs more than it carries. */
const MIN_RATE = 1024;

/**
 * A rate from the command line in bytes per second, rounded down. `k`, `M`, `G` (also `KiB`, `MiB`, `GiB`) are powers of 1024,
 * `kB`, `MB`, `GB` powers of 1000, `kbit`, `Mbit`, `Gbit` thousands of bits; the case of the prefix does not matter.
 * Throws a usage error for anything else, for `Mb`, which may mean either, and for less than 1024 bytes per second.
 */
export function parseRate(text: string): number {
  const match = RATE.exec(text.trim());
  if (match === null) throw badRate(text);
  const [, digits, prefix = '', binary, unit] = match;
  if (unit === 'b' && prefix !== prefix.toLowerCase()) throw ambiguous(text);
  if (binary !== undefined && (prefix === '' || unit?.toLowerCase() === 'bit')) throw badRate(text);
  const base = unit !== undefined && binary === undefined ? 1000 : 1024;
  const bits = unit?.toLowerCase() === 'bit' ? 8 : 1;
  const rate = Math.floor((Number(digits) * base ** (POWERS[prefix.toLowerCase()] ?? 0)) / bits);
  if (rate < MIN_RATE || !Number.isSafeInteger(rate)) {
    throw usageError(
      `--limit ${text} is out of range: the least is 1k, which is 1024 bytes per second.`,
      'Leave --limit out to go as fast as the link allows.',
    );
  }
  return rate;
}

function badRate(text: string): DragonloadError {
  return usageError(
    `--limit does not understand "${text}" as a rate.`,
    'Write bytes per second, such as 10M, 500k or 1.5MiB/s; for bits per second, such as 80Mbit.',
  );
}

function ambiguous(text: string): DragonloadError {
  return usageError(
    `--limit ${text} may mean bits or bytes.`,
    'Write 10MB for bytes or 10Mbit for bits per second.',
  );
}
