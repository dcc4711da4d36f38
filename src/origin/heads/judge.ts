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
  /** What has to be undone to get the file from a whole answer. */
  readonly coding?: CodingName | undefined;
  /** The bytes are checked in another way, so that another ETag says nothing. */
  readonly ignoreEtags?: boolean | undefined;
}

/** What the head of an answer is worth. */
export type Judgement =
  /** The body is the file's bytes from `firstByte` on, up to `bodyEnd` if anything is known of that. */
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
  /** Another file than the one asked for, or one that cannot be had this way: never to be used. */
  | {
      readonly kind: 'unusable';
      readonly code: 'origin-changed' | 'origin-failed';
      readonly message: string;
      readonly totalBytes: number | undefined;
    }
  /** Another ETag, and nothing else that differs. Its bytes have to be compared. */
  | { readonly kind: 'other-etag'; readonly message: string; readonly totalBytes: number | undefined }
  /** An answer that does not fit the question. It may be one server of many: worth another try. */
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
  // One that begins early may have just a wrong Content-Range: nobody can tell.
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

/** What there is against the file of an answer being the one asked for. */
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

/** 200: the whole file from its first byte, so of use only to whoever starts there. */
function judgeWhole(headers: IncomingHttpHeaders, asked: Asked): Judgement {
  // What a coded answer says of its length is said of its coded form.
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

/** Whether a content coding was put on in spite of `Accept-Encoding: identity` (RFC 9110, 8.4). */
export function isEncoded(headers: IncomingHttpHeaders): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== 'identity';
}
