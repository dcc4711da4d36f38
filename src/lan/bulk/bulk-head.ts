import type { PieceRecord } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { decodeRecordsHeader, RECORDS_HEADER } from './records-header.ts';

/** The head of an answer has at most this many bytes: 64 records take about 12 KiB. */
export const MAX_HEAD_BYTES = 32_768;

/** The head of an answer. `refused`: there are no bytes; `keep`: whether the connection can still be used. */
export type Head =
  | { readonly kind: 'bytes'; readonly records: readonly PieceRecord[] }
  | { readonly kind: 'refused'; readonly message: string; readonly keep: boolean };

/** Reads a status line and header fields (RFC 9112, 4 and 5) as the answer to a request for exactly `range`. */
export function parseHead(text: string, range: ByteRange): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return refused('the member answered something else than HTTP');
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || /[\s]/.test(name) || fields.has(name))
      return refused('the member answered a damaged head');
    fields.set(name, line.slice(colon + 1).trim());
  }
  const length = fields.get('content-length');
  if (status !== '206') return refused(`the member answered ${status}`, length === '0' && !closes(fields));
  if (fields.has('transfer-encoding') || fields.has('content-encoding'))
    return refused('the member answered in an encoding');
  const match = /^bytes (\d+)-(\d+)\/(?:\*|\d+)$/.exec(fields.get('content-range') ?? '');
  if (match === null || Number(match[1]) !== range.start || Number(match[2]) !== range.end - 1)
    return refused('the member answered with another range');
  if (length !== String(range.end - range.start)) return refused('the member answered with another length');
  try {
    return { kind: 'bytes', records: decodeRecordsHeader(fields.get(RECORDS_HEADER)) };
  } catch (error) {
    return refused((error as Error).message);
  }
}

function refused(message: string, keep = false): Head {
  return { kind: 'refused', message, keep };
}

function closes(fields: ReadonlyMap<string, string>): boolean {
  return fields.get('connection')?.toLowerCase() === 'close';
}
