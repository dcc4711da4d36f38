/** What a Content-Range header says: bytes `start` to `end - 1` of `totalBytes` (undefined for `*`). */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly totalBytes: number | undefined;
}

/** Content-Range of a 206 answer (RFC 9110 HTTP Semantics, 14.4). `undefined` when it is absent or makes no sense. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const match = /^\s*bytes[\s=]+(\d{1,16})\s*-\s*(\d{1,16})\s*\/\s*(\d{1,16}|\*)\s*$/i.exec(header ?? '');
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const totalBytes = match[3] === '*' ? undefined : Number(match[3]);
  const last = totalBytes ?? end;
  if (start >= end || end > last || !Number.isSafeInteger(end) || !Number.isSafeInteger(last))
    return undefined;
  return { start, end, totalBytes };
}

/** The total of a 416 answer: `bytes` `*`/total (RFC 9110, 14.4). */
export function parseUnsatisfiedRange(header: string | undefined): number | undefined {
  const match = /^\s*bytes\s+\*\s*\/\s*(\d{1,15})\s*$/i.exec(header ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** Content-Length as a number of bytes (RFC 9110, 8.6), or `undefined`. */
export function parseLength(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
