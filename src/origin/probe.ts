import type { DragonloadError } from '../core/errors.ts';
import type { FileIdentity } from '../core/messages.ts';
import { parseContentRange, parseLength, parseUnsatisfiedRange } from './content-range.ts';
import { digestsOf, linkedDigest, type PublishedDigest, WANT_REPR_DIGEST } from './digests.ts';
import { statusError } from './failures.ts';
import { fileNameOf } from './file-name.ts';
import { isEncoded } from './judge.ts';
import type { Route } from './route.ts';
import { type Answer, discard } from './send.ts';
import { identityOf } from './validators.ts';

/** What an origin says about a file before it is fetched. */
export interface Probe {
  /** Where the given URL led. May hold secrets: show it with `displayUrl`. */
  readonly finalUrl: string;
  /** The origin has proved that it serves parts, and the size is known. */
  readonly ranges: boolean;
  readonly identity: FileIdentity;
  /** The origin's suggestion, raw: to be made safe before use. At most 1,024 characters. */
  readonly fileName: string;
  /** Digests of the whole file as its publisher states them, SHA-256 first. */
  readonly digests: readonly PublishedDigest[];
  /** Address of this machine's end of the connection: tells which interface reaches the origin. */
  readonly localAddress: string | undefined;
  /** Other addresses of the same file that the origin names (`Link: rel=duplicate`, RFC 6249), best first. */
  readonly mirrors?: readonly string[];
  /** Metalink files that describe this one (`Link: rel=describedby`, RFC 6249, 5). */
  readonly describedBy?: readonly string[];
  /** The whole file, when it is so small that it came with the answer. */
  readonly whole?: Buffer | undefined;
  /** The address leads to a Metalink file, which describes what to download, by its media type (RFC 5854, 7). */
  readonly isMetalink?: boolean;
}

/** Statuses with which servers that dislike ranges answer a request for one. */
const TRY_WITHOUT_RANGE = new Set([400, 403, 405, 501]);

/** An answer that says there is no file to be had, with what else it said. */
export class ProbeStatus extends Error {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly error: DragonloadError;

  constructor(answer: Answer) {
    super(`HTTP ${answer.status}`);
    this.status = answer.status;
    this.retryAfter = answer.response.headers['retry-after'];
    this.error = statusError(answer.status, answer.url);
  }
}

/**
 * Looks at a file with a GET for its first byte: only a 206 proves that ranges work. A whole body that comes
 * instead is cut off, unless it is small. Throws `ProbeStatus` or what the connection threw.
 */
export async function probe(route: Route, signal: AbortSignal | undefined): Promise<Probe> {
  let linked: PublishedDigest | undefined;
  let disposition: string | undefined;
  const ask = (range: boolean) =>
    route.resolve({
      headers: { 'want-repr-digest': WANT_REPR_DIGEST, ...(range ? { range: 'bytes=0-0' } : {}) },
      signal,
      onRedirect: ({ url, response }) => {
        if (url.href === route.given.href) linked = linkedDigest(response.headers, url.host);
        disposition = response.headers['content-disposition'] ?? disposition;
      },
    });

  let answer = await ask(true);
  let { ranges, sizeBytes } = partOf(answer);
  if (
    TRY_WITHOUT_RANGE.has(answer.status) ||
    (sizeBytes === undefined && answer.status !== 200 && isFile(answer))
  ) {
    await discard(answer);
    answer = await ask(false);
    sizeBytes = partOf(answer).sizeBytes;
  }
  await discard(answer);
  if (!isFile(answer)) throw new ProbeStatus(answer);
  const { headers } = answer.response;
  linked ??= answer.url.href === route.given.href ? linkedDigest(headers, answer.url.host) : undefined;
  const stated = digestsOf(headers, answer.url.host, answer.status === 200);
  return {
    finalUrl: answer.url.href,
    ranges: ranges && sizeBytes !== undefined && !isEncoded(headers),
    identity: identityOf(headers, sizeBytes),
    fileName: fileNameOf(headers['content-disposition'] ?? disposition, route.given, answer.url),
    digests: linked === undefined ? stated : [linked, ...stated],
    localAddress: answer.localAddress,
  };
}

function isFile({ status }: Answer): boolean {
  return status === 200 || status === 206 || status === 416;
}

/** What an answer proves about ranges and says about the size. */
function partOf({ status, response: { headers } }: Answer): {
  ranges: boolean;
  sizeBytes: number | undefined;
} {
  if (status === 200) return { ranges: false, sizeBytes: parseLength(headers['content-length']) };
  // The first byte of an empty file does not exist: that is how one looks.
  if (status === 416) {
    const totalBytes = parseUnsatisfiedRange(headers['content-range']);
    return { ranges: false, sizeBytes: totalBytes === 0 ? 0 : undefined };
  }
  const range = status === 206 ? parseContentRange(headers['content-range']) : undefined;
  return { ranges: range?.start === 0, sizeBytes: range?.totalBytes };
}
