import type { IncomingHttpHeaders } from 'node:http';
import type { FileIdentity } from '../../core/messages.ts';
import type { CodingName } from './coding.ts';
import { parseContentRange, parseLength, parseUnsatisfiedRange } from './content-range.ts';
import { isStrayPage } from './page.ts';
import { changeOf, identityOf } from './validators.ts';

export interface Asked {
  /** Whether the request had a Range header. */
  readonly ranged: boolean;
  readonly start: number;
  readonly identity: FileIdentity;
  /** Whether the file was a web page when it was first seen; undefined: not known. */
  readonly wasPage?: boolean | undefined;
  /** The coding to decode to get the file from a whole answer. */
  readonly coding?: CodingName | undefined;
  /** The bytes are checked in another way, so another ETag does not matter. */
  readonly ignoreEtags?: boolean | undefined;
}

/** What the head of an answer says about its body. */
export type Judgement =
  /** The body holds the file's bytes from `firstByte` on, up to `bodyEnd` where that is known. */
  | {
      readonly kind: 'body';
      readonly firstByte: number;
      readonly bodyEnd: number | undefined;
      readonly totalBytes: number | undefined;
      readonly partial: boolean;
      readonly coding?: CodingName | undefined;
    }
  /** There are no bytes from `start` on: the file ends there. */
  | { readonly kind: 'at-end'; readonly totalBytes: number }
  /** Another file than the one requested, or one that cannot be fetched this way: never used. */
  | {
      readonly kind: 'unusable';
      readonly code: 'origin-changed' | 'origin-failed';
      readonly message: string;
      readonly totalBytes: number | undefined;
    }
  /** Only the ETag differs. The bytes have to be compared. */
  | { readonly kind: 'other-etag'; readonly message: string; readonly totalBytes: number | undefined }
  /** An answer that does not match the request. Another server of the origin may do better: worth another try. */
  | { readonly kind: 'misfit'; readonly message: string }
  /** A web page in the place of the file: the link has expired. */
  | { readonly kind: 'page' }
  /** An HTTP status that says why there are no bytes. */
  | { readonly kind: 'status' };

const COMPRESSED: Judgement = {
  kind: 'unusable',
  code: 'origin-failed',
  message: 'The origin compresses the file on the way, so parts of it cannot be put together.',
  totalBytes: undefined,
};

/** Judges the head of an answer to a (ranged) GET before a byte of its body is used. */
export function judge(status: number, headers: IncomingHttpHeaders, asked: Asked): Judgement {
  if (asked.wasPage === false && isStrayPage(status, headers, asked.identity.sizeBytes))
    return { kind: 'page' };
  if (status === 206) return judgePart(headers, asked);
  if (status === 200) return judgeWhole(headers, asked);
  if (status === 416) return judgeUnsatisfied(headers, asked);
  return { kind: 'status' };
}

/** 206 Partial Content (RFC 9110 HTTP Semantics, 15.3.7): unit, start, end and total have to fit. */
function judgePart(headers: IncomingHttpHeaders, asked: Asked): Judgement {
  const range = parseContentRange(headers['content-range']);
  if (/^\s*multipart\//i.test(headers['content-type'] ?? '') && range === undefined) {
    return { kind: 'misfit', message: 'The origin answered with several parts where one was asked for.' };
  }
  if (range === undefined) {
    return { kind: 'misfit', message: 'The origin answered with a part of the file but did not say which.' };
  }
  if (isEncoded(headers)) return COMPRESSED;
  const other = judgeIdentity(headers, range.totalBytes, asked);
  if (other !== undefined) return other;
  const length = parseLength(headers['content-length']);
  // An answer that begins early may just have a wrong Content-Range; there is no way to know.
  if (range.start !== asked.start) {
    return {
      kind: 'misfit',
      message: 'The origin answered with another part of the file than the one asked for.',
    };
  }
  if (length !== undefined && length !== range.end - range.start) {
    return {
      kind: 'misfit',
      message: 'The origin answered with a part whose length does not fit its place.',
    };
  }
  return {
    kind: 'body',
    firstByte: range.start,
    bodyEnd: range.end,
    totalBytes: range.totalBytes,
    partial: true,
  };
}

/** What shows that the file of an answer is not the requested one. */
function judgeIdentity(
  headers: IncomingHttpHeaders,
  totalBytes: number | undefined,
  { identity, ignoreEtags = false }: Asked,
): Judgement | undefined {
  const found = identityOf(headers, totalBytes);
  const message = changeOf(ignoreEtags ? 'otherEtag' : 'rangeAnswer', identity, found);
  if (message === undefined) return undefined;
  return changeOf('otherEtag', identity, found) === undefined
    ? { kind: 'other-etag', message, totalBytes }
    : { kind: 'unusable', code: 'origin-changed', message, totalBytes };
}

/** 200: the whole file from its first byte, so only of use to a transfer that starts there. */
function judgeWhole(headers: IncomingHttpHeaders, asked: Asked): Judgement {
  // The length that a coded answer states is that of the coded body.
  if (asked.ranged && isEncoded(headers)) return COMPRESSED;
  const { coding } = asked;
  const totalBytes = coding === undefined ? parseLength(headers['content-length']) : undefined;
  const other = judgeIdentity(headers, totalBytes, asked);
  if (other !== undefined) return other;
  if (asked.start > 0) {
    return { kind: 'misfit', message: 'The origin sent the whole file where a part was asked for.' };
  }
  const bodyEnd = totalBytes ?? asked.identity.sizeBytes;
  return { kind: 'body', firstByte: 0, bodyEnd, totalBytes, partial: false, coding };
}

/** 416 Range Not Satisfiable: the file is shorter than thought, or a stream of unknown length ended right here. */
function judgeUnsatisfied(headers: IncomingHttpHeaders, asked: Asked): Judgement {
  const totalBytes = parseUnsatisfiedRange(headers['content-range']);
  const { sizeBytes } = asked.identity;
  if (totalBytes === asked.start && sizeBytes === undefined) return { kind: 'at-end', totalBytes };
  if (totalBytes === undefined || (totalBytes > asked.start && totalBytes === (sizeBytes ?? totalBytes))) {
    return { kind: 'misfit', message: 'The origin refused a part of the file that should be there.' };
  }
  const message = `The file at the origin has changed: it now has ${totalBytes} bytes.`;
  return { kind: 'unusable', code: 'origin-changed', message, totalBytes };
}

/** Whether a content coding was applied in spite of `Accept-Encoding: identity` (RFC 9110, 8.4). */
export function isEncoded(headers: IncomingHttpHeaders): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== 'identity';
}
