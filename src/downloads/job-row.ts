import { isAbsolute } from 'node:path';
import { MAX_SOURCES } from '../core/messages.ts';
import type { Job, PieceHashes, StatedDigest } from '../lists/job.ts';
import type { HeaderSettings } from '../origin/requests/request-settings.ts';
import type { DownloadRow } from '../store/download-row.ts';
import { MIN_LIMIT_RATE } from './rules.ts';

const MAX_TEXT = 65_536;
const MAX_FEW = 64;

type Fields = Readonly<Record<string, unknown>>;

/** What is stored of a job. `directory`: absolute, so that it can be gone on with from anywhere. */
export function jobText({ id: _, ...rest }: Job, directory: string): string {
  return JSON.stringify({ ...rest, directory });
}

/**
 * The job that a row was made from; undefined when it is not one that `jobText` could have written. The list is a file
 * that anybody may have edited: only what a job can say is taken over, and nothing that names files to be read or proxies.
 */
export function jobOf(row: DownloadRow): Job | undefined {
  let stored: unknown;
  try {
    stored = JSON.parse(row.job);
  } catch {
    return undefined;
  }
  if (!isFields(stored) || !isText(stored.url)) return undefined;
  const { url, mirrors, directory, output, fileName, checksums, sizeBytes } = stored;
  const { pieces, priority, limitRate, request, trusted, isListed, leftover } = stored;
  const isJob =
    optional(mirrors, (it) => isListOf(it, MAX_SOURCES, isText)) &&
    optional(directory, (it) => isText(it) && isAbsolute(it)) &&
    [output, fileName, leftover].every((it) => optional(it, isText)) &&
    optional(checksums, (it) => isListOf(it, MAX_FEW, isDigest)) &&
    optional(sizeBytes, (it) => Number.isSafeInteger(it) && (it as number) >= 0) &&
    optional(pieces, isPieces) &&
    optional(priority, Number.isFinite) &&
    optional(limitRate, (it) => Number.isFinite(it) && (it as number) >= MIN_LIMIT_RATE) &&
    optional(request, isFields) &&
    [trusted, isListed].every((it) => optional(it, (flag) => typeof flag === 'boolean'));
  if (!isJob) return undefined;
  const headers = request === undefined ? undefined : headersOf(request as Fields);
  if (request !== undefined && headers === undefined) return undefined;
  const known = { url, mirrors, directory, output, fileName, checksums, sizeBytes, pieces, priority };
  const all = { ...known, limitRate, request: headers, trusted, isListed, leftover, id: row.id };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as Job;
}

/** What a list may say of requests; undefined when it says it wrongly. */
function headersOf({ headers, userAgent, referer }: Fields): HeaderSettings | undefined {
  const isPair = (it: unknown) => isListOf(it, 2, isText) && (it as unknown[]).length === 2;
  if (!optional(headers, (it) => isListOf(it, MAX_FEW, isPair))) return undefined;
  if (!optional(userAgent, isText) || !optional(referer, isText)) return undefined;
  const said = Object.entries({ headers, userAgent, referer }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as HeaderSettings;
}

function isDigest(it: unknown): it is StatedDigest {
  return isFields(it) && isText(it.checksum) && isText(it.by);
}

function isPieces(it: unknown): it is PieceHashes {
  if (!isFields(it) || !['sha256', 'sha512', 'sha1', 'md5'].includes(it.algorithm as string)) return false;
  const isHash = (hash: unknown) => typeof hash === 'string' && /^[0-9a-f]{32,128}$/.test(hash);
  const isLength = Number.isSafeInteger(it.pieceBytes) && (it.pieceBytes as number) > 0;
  return isLength && isListOf(it.hashes, Number.POSITIVE_INFINITY, isHash);
}

function isFields(it: unknown): it is Fields {
  return typeof it === 'object' && it !== null && !Array.isArray(it);
}

function isText(it: unknown): it is string {
  return typeof it === 'string' && it.length <= MAX_TEXT;
}

function isListOf(it: unknown, most: number, fits: (one: unknown) => boolean): boolean {
  return Array.isArray(it) && it.length <= most && it.every(fits);
}

function optional(it: unknown, fits: (value: unknown) => boolean): boolean {
  return it === undefined || fits(it);
}
