/** Which requests a fault touches. */
export interface FaultScope {
  /** Only the first so many requests that it could touch. Default: all. */
  readonly times?: number;
  /** Not the first so many requests (the probe, say). Default 0. */
  readonly after?: number;
  /** Of those, only each so-manieth, beginning with the first. Default 1: all. */
  readonly every?: number;
  /**
   * Only requests that have this header (lower-case name), or that lack it: members of a room are told apart so. Or only
   * those for more than so many bytes: who merely looks is told apart from who downloads.
   */
  readonly only?: { readonly with: string } | { readonly without: string } | { readonly longerThan: number };
}

/** What is wrong with an answer before its body. */
export interface HeadFaults {
  /** Accepts the request and never answers. */
  readonly silent?: boolean;
  /** Answers with this status and no file. */
  readonly status?: number;
  /** 503 for requests beyond this many at once, over all paths. */
  readonly refuseAbove?: number;
  /** Sent as Retry-After with every status of 400 and above. */
  readonly retryAfter?: string;
  /** The same as a date: so many seconds from the answer. Dates have whole seconds: it is rounded up. */
  readonly retryAfterDateSeconds?: number;
  readonly redirectTo?: string;
  /** Default 302. */
  readonly redirectStatus?: number;
  /** So many redirects, one to the next, before the file. */
  readonly redirectChain?: number;
  readonly signed?: SignedRedirect;
  /** A 200 with an HTML page in place of the file. */
  readonly loginPage?: boolean;
  /** 405 to every HEAD. */
  readonly refuseHead?: boolean;
  /** The bytes of the head are spread over this time, in milliseconds. */
  readonly slowHeadMs?: number;
  /** So many further header fields, of some 20 bytes each. */
  readonly extraHeaders?: number;
  /** One more header field, with a value of this many bytes. */
  readonly longHeaderBytes?: number;
  /** These bytes in place of an HTTP answer; then the connection is closed. */
  readonly garbage?: string;
  /** Answers of these statuses (102 or 103) come before the real one. */
  readonly informational?: readonly (102 | 103)[];
  /** HTTP/1.0 (RFC 1945): the connection ends with the answer. */
  readonly http10?: boolean;
}

/** The path redirects to itself with a token that expires. */
export interface SignedRedirect {
  /** A token serves so many requests. Default: until `expireLinks` is called. */
  readonly requests?: number;
  /** What an expired link answers; 200 is a login page. Default 403. */
  readonly expiredStatus?: number;
  /** So many tokens are given out in all; after that even the given address answers with the status. Default: any number. */
  readonly tokens?: number;
}

/** Which part of which file is sent, and what is said about it. */
export interface RangeFaults {
  /** Answers 200 with the whole file to a range request. */
  readonly ignoreRange?: boolean;
  /** The bytes are those from so much further on in the file, under the right Content-Range. */
  readonly shiftBodyBytes?: number;
  /** The Content-Range names a place so much further on, over the right bytes. */
  readonly shiftContentRangeBytes?: number;
  /** In place of the right Content-Range; the body stays. An empty one is left out. */
  readonly wrongContentRange?: string;
  /** A range begins this many bytes before the one asked for, and says so. */
  readonly earlyStartBytes?: number;
  /** A range ends this many bytes after the one asked for (within the file), and says so. */
  readonly lateEndBytes?: number;
  /** A range ends after at most this many bytes, and says so. */
  readonly capBytes?: number;
  /** Names `*` in place of the size. */
  readonly hideTotal?: boolean;
  /** The size in Content-Range is wrong by this much. */
  readonly lieTotalBytes?: number;
  /** Content-Length is wrong by this much; the connection is closed after the body. */
  readonly lieLengthBytes?: number;
  /** A 206 comes as multipart/byteranges (RFC 9110, 14.6), of one part. */
  readonly multipart?: boolean;
  /** From GET number n + 1 of the path on, the file has another strong ETag. */
  readonly changedEtagAfter?: number;
  /** The file is another one. Its validators stay unless they are changed too. */
  readonly changedContent?: { readonly seed: string; readonly sizeBytes: number };
  /** In place of the file's own. Null: none. */
  readonly etag?: string | null;
  readonly lastModified?: string | null;
}

/** How the body is sent. */
export interface BodyFaults {
  /** The body ends this many bytes early: cleanly when its length is not told, else by closing the connection. */
  readonly shortBody?: number;
  /** So many bytes more than was said; the connection stays open after them. */
  readonly longBody?: number;
  /** No Content-Length: chunks. */
  readonly chunked?: boolean;
  /** No Content-Length and no chunks: the body ends with the connection. */
  readonly untilClose?: boolean;
  /** Resets the connection after this many bytes of a body. */
  readonly resetAfterBytes?: number;
  /** Sends no more after this many bytes of a body, and keeps the connection open. */
  readonly stallAfterBytes?: number;
  /** Each so-manieth connection, beginning with number `from` (default `every`), sends no faster than this. */
  readonly crawl?: { readonly every: number; readonly from?: number; readonly bytesPerSecond: number };
  /** Names a content coding that the body does not really have. */
  readonly contentEncoding?: string;
  /** The whole file, compressed on the way, whatever was asked for. */
  readonly gzip?: boolean;
}

/** What goes wrong. Everything is off by default; each may be combined with the others. */
export interface OriginFaults extends FaultScope, HeadFaults, RangeFaults, BodyFaults {}

/** Connections beyond what one client address may have. */
export interface ConnectionCap {
  readonly perClient: number;
  /**
   * `status`: their requests get a 503. `reset`: they are cut at once. `wait`: nobody reads what they send until an
   * older one is closed, as if they were not accepted.
   */
  readonly beyond: 'status' | 'reset' | 'wait';
}

/** Counts the requests that each fault could touch, and tells what goes wrong with the next one. */
export class FaultSchedule {
  readonly #counts = new Map<string, number>();
  /** Requests that something went wrong with. */
  met = 0;

  /** The faults of one more request to a path. When several name the same thing, the last one wins. */
  next(
    path: string,
    faults: OriginFaults | readonly OriginFaults[],
    headers: Readonly<Record<string, unknown>>,
  ): OriginFaults {
    const counted = new Map<string, number>();
    const touching: OriginFaults[] = [];
    for (const one of [faults].flat() as OriginFaults[]) {
      if (!inScope(one, headers)) continue;
      const key = `${path} ${JSON.stringify(one.only ?? null)}`;
      const count = counted.get(key) ?? (this.#counts.get(key) ?? 0) + 1;
      counted.set(key, count);
      if (touches(one, count)) touching.push(one);
    }
    for (const [key, count] of counted) this.#counts.set(key, count);
    if (touching.some(isFault)) this.met += 1;
    return Object.assign({}, ...touching) as OriginFaults;
  }

  /** Counts from zero again. */
  restart(path: string): void {
    for (const key of this.#counts.keys()) if (key.startsWith(`${path} `)) this.#counts.delete(key);
  }
}

const SCOPE_KEYS: readonly string[] = ['times', 'after', 'every', 'only'] satisfies (keyof FaultScope)[];

/** Whether it says more than whom it touches. */
function isFault(faults: OriginFaults): boolean {
  return Object.keys(faults).some((key) => !SCOPE_KEYS.includes(key));
}

function inScope({ only }: FaultScope, headers: Readonly<Record<string, unknown>>): boolean {
  if (only === undefined) return true;
  if ('longerThan' in only) {
    const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(String(headers.range ?? 'bytes=0-')) ?? [];
    return end === '' || Number(end) - Number(start) >= only.longerThan;
  }
  return 'with' in only ? headers[only.with] !== undefined : headers[only.without] === undefined;
}

function touches({ after = 0, times = Number.POSITIVE_INFINITY, every = 1 }: FaultScope, count: number) {
  const place = count - after - 1;
  return place >= 0 && place % every === 0 && place / every < times;
}
