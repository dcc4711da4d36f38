import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { OriginFaults } from './origin-faults.ts';
import { type ByteSource, type OriginFile, sourceOf } from './origin-file.ts';
import type { SentRange } from './origin-record.ts';

export type HeaderFields = Record<string, string | string[]>;

/** An answer as it is going to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderFields;
  /** Bytes of the file; undefined when there is only `text`. */
  readonly source?: ByteSource;
  readonly range?: SentRange;
  /** Around the bytes of the file: what multipart puts there, and what is too much. */
  readonly before?: Buffer;
  readonly after?: Buffer;
  readonly text?: string;
}

export type RangeAsked = 'whole' | 'unsatisfiable' | SentRange;

const BOUNDARY = 'dragonload-boundary';

/** A single range of a Range header (RFC 9110 HTTP Semantics, 14.2); anything else asks for the whole file. */
export function rangeAsked(header: string | undefined, sizeBytes: number): RangeAsked {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return 'whole';
  const start = Number(match[1]);
  const end = match[2] === '' ? sizeBytes : Math.min(Number(match[2]) + 1, sizeBytes);
  return start < end ? { start, end } : 'unsatisfiable';
}

/** The answer with (a part of) the file to GET number `count` of its path. */
export function fileAnswer(
  request: IncomingMessage,
  file: OriginFile,
  faults: OriginFaults,
  count: number,
): Answer {
  const plain = sourceOf(faults.changedContent ?? file.content);
  const source = faults.gzip === true ? sourceOf(gzipSync(plain.slice(0, plain.sizeBytes))) : plain;
  const obeys = file.ranges !== false && faults.ignoreRange !== true && faults.gzip !== true;
  const asked = obeys ? rangeAsked(request.headers.range, source.sizeBytes) : 'whole';
  const headers = fileHeaders(file, faults, count);
  if (asked === 'unsatisfiable') {
    const contentRange = `bytes */${source.sizeBytes}`;
    return { status: 416, headers: { ...headers, 'content-range': contentRange, 'content-length': '0' } };
  }
  const isPart = asked !== 'whole';
  const range = isPart ? sentFor(asked, source, faults) : { start: 0, end: source.sizeBytes };
  let { before, after } = isPart && faults.multipart === true ? wrap(range, source, headers) : NO_WRAP;
  if (isPart && faults.multipart !== true) {
    const contentRange = faults.wrongContentRange ?? contentRangeOf(range, source, faults);
    if (contentRange !== '') headers['content-range'] = contentRange;
  }
  const lengthBytes = before.length + range.end - range.start + after.length;
  const namesLength = (isPart || file.length !== false) && faults.chunked !== true && !faults.untilClose;
  if (namesLength) headers['content-length'] = String(lengthBytes + (faults.lieLengthBytes ?? 0));
  if (faults.longBody !== undefined) after = Buffer.concat([after, Buffer.alloc(faults.longBody, 'X')]);
  const shift = faults.shiftBodyBytes ?? 0;
  return {
    status: isPart ? 206 : 200,
    headers,
    source: isPart && shift !== 0 ? shifted(source, shift) : source,
    range,
    before,
    after,
  };
}

const NO_WRAP = { before: Buffer.alloc(0), after: Buffer.alloc(0) };

function fileHeaders(file: OriginFile, faults: OriginFaults, count: number): HeaderFields {
  const changed = faults.changedEtagAfter !== undefined && count > faults.changedEtagAfter;
  const own = file.etag === undefined ? '"v1"' : file.etag;
  const etag = changed ? '"changed"' : faults.etag === undefined ? own : faults.etag;
  const date = file.lastModified === undefined ? 'Tue, 02 Jan 2024 03:04:05 GMT' : file.lastModified;
  const modified = faults.lastModified === undefined ? date : faults.lastModified;
  const headers: HeaderFields = { 'content-type': 'application/octet-stream' };
  if (etag !== null) headers.etag = etag;
  if (modified !== null) headers['last-modified'] = modified;
  if (faults.gzip === true) headers['content-encoding'] = 'gzip';
  if (faults.contentEncoding !== undefined) headers['content-encoding'] = faults.contentEncoding;
  return Object.assign(headers, file.headers);
}

/** The range that is sent in place of the one asked for. */
function sentFor(asked: SentRange, { sizeBytes }: ByteSource, faults: OriginFaults): SentRange {
  const start = Math.max(0, asked.start - (faults.earlyStartBytes ?? 0));
  const end = Math.min(asked.end + (faults.lateEndBytes ?? 0), sizeBytes);
  return { start, end: Math.min(end, start + (faults.capBytes ?? Number.POSITIVE_INFINITY)) };
}

function contentRangeOf(range: SentRange, { sizeBytes }: ByteSource, faults: OriginFaults): string {
  const shift = faults.shiftContentRangeBytes ?? 0;
  const total = faults.hideTotal === true ? '*' : sizeBytes + (faults.lieTotalBytes ?? 0);
  return `bytes ${range.start + shift}-${range.end + shift - 1}/${total}`;
}

/** Makes a multipart/byteranges body (RFC 9110, 14.6) of one range; sets its media type. */
function wrap(range: SentRange, { sizeBytes }: ByteSource, headers: HeaderFields) {
  headers['content-type'] = `multipart/byteranges; boundary=${BOUNDARY}`;
  const place = `Content-Range: bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
  return {
    before: Buffer.from(`--${BOUNDARY}\r\nContent-Type: application/octet-stream\r\n${place}\r\n\r\n`),
    after: Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  };
}

/** The same file, read so much further on; what is not there is zeros. */
function shifted(source: ByteSource, shift: number): ByteSource {
  const slice = (start: number, end: number) => {
    const bytes = Buffer.alloc(end - start);
    const from = Math.max(0, start + shift);
    if (from < end + shift) source.slice(from, end + shift).copy(bytes, from - start - shift);
    return bytes;
  };
  return { sizeBytes: source.sizeBytes, slice };
}
