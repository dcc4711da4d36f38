import type { DragonloadError } from '../core/errors.ts';
import { type FileIdentity, MAX_SOURCES } from '../core/messages.ts';
import { codingOf } from './heads/coding.ts';
import { parseContentRange, parseLength, parseUnsatisfiedRange } from './heads/content-range.ts';
import {
  digestsOf,
  duplicateDigests,
  linkedDigest,
  type PublishedDigest,
  wantHeaders,
} from './heads/digests.ts';
import { fileNameOf } from './heads/file-name.ts';
import { isEncoded } from './heads/judge.ts';
import { type FileLinks, fileLinks } from './heads/link-header.ts';
import { looksLikePage } from './heads/page.ts';
import { identityOf } from './heads/validators.ts';
import { parseRetryAfter } from './limits/retry-after.ts';
import { statusError } from './transfer/failures.ts';
import { TAKE_BYTES } from './transfer/first-response.ts';
import type { Route } from './transfer/route.ts';
import { type Answer, discard } from './transfer/send.ts';

/** What an origin tells about a file before it is fetched. */
export interface Probe {
  /** Where the given URL led. May hold secrets: show it with `displayUrl`. */
  readonly finalUrl: string;
  /** The origin has proved that it serves ranges, and the size is known. */
  readonly ranges: boolean;
  readonly identity: FileIdentity;
  /** The name that the origin suggests, raw: to be made safe before use. At most 1,024 characters. */
  readonly fileName: string;
  /** Digests of the whole file as its publisher states them, SHA-256 first. */
  readonly digests: readonly PublishedDigest[];
  /** Address of this machine's end of the connection: tells which interface reaches the origin. */
  readonly localAddress: string | undefined;
  /** Other addresses of the same file that the origin names (`Link: rel=duplicate`, RFC 6249), best first. */
  readonly mirrors?: readonly string[];
  /** Metalink files that describe this one (`Link: rel=describedby`, RFC 6249, 5). */
  readonly describedBy?: readonly string[];
  /** The whole file, where the probe was to take it and it is small enough (1 MiB) to come with the answer. */
  readonly whole?: Buffer | undefined;
  /** The address leads to a Metalink file, which describes what to download, by its media type (RFC 5854, 7). */
  readonly isMetalink?: boolean;
  /** The URL has the name of a file and leads to a small web page instead: a login, or the link has expired. */
  readonly isPage?: boolean;
}

/** What a probe found, and the answer that it is from. */
export interface Found {
  readonly probe: Probe;
  /** Its body has not been read, unless `isOpen` is false. */
  readonly answer: Answer;
  readonly isOpen: boolean;
}

/** Statuses with which servers that dislike ranges answer a request for one. */
const TRY_WITHOUT_RANGE = new Set([400, 403, 405, 501]);

/** An answer that says that there is no file, with the rest of what it says. */
export class ProbeStatus extends Error {
  readonly status: number;
  readonly error: DragonloadError;

  constructor(answer: Answer) {
    super(`HTTP ${answer.status}`);
    this.status = answer.status;
    const retryAfterMs = parseRetryAfter(answer.response.headers['retry-after'], Date.now());
    this.error = statusError(answer.status, answer.url, retryAfterMs);
  }
}

/**
 * Looks at a file with a GET for its first byte: only a 206 proves that ranges work. A whole body that comes instead is
 * cut off, unless it is small. `take`: asks for the first MiB, and leaves the body of the answer to the caller if it
 * starts with the first byte of the file; `keepWhole`: only if it is the whole file. Throws `ProbeStatus` or what the
 * connection threw.
 */
export async function probe(
  route: Route,
  options: { readonly take: boolean; readonly keepWhole: boolean; readonly signal: AbortSignal | undefined },
): Promise<Found> {
  const told: Answer[] = [];
  let disposition: string | undefined;
  const last = options.take ? TAKE_BYTES - 1 : 0;
  const ask = (range: boolean) =>
    route.resolve({
      headers: range ? { range: `bytes=0-${last}` } : {},
      headersOf: wantHeaders,
      signal: options.signal,
      onRedirect: (answer) => {
        told.push(answer);
        disposition = answer.response.headers['content-disposition'] ?? disposition;
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
  const { headers } = answer.response;
  // The length of a coded form is not that of the file.
  if (codingOf(headers, route.given, answer.url) !== undefined) sizeBytes = undefined;
  const isEncodedPart = answer.status === 206 && isEncoded(headers);
  const isWanted = options.take || (options.keepWhole && answer.status === 200);
  const isOpen = isWanted && startsFile(answer) && !isEncodedPart;
  if (!isOpen) await discard(answer);
  if (!isFile(answer)) throw new ProbeStatus(answer);
  const links = linksOf([...told, answer]);
  return {
    answer,
    isOpen,
    probe: {
      finalUrl: answer.url.href,
      ranges: ranges && sizeBytes !== undefined && !isEncoded(headers),
      identity: identityOf(headers, sizeBytes),
      fileName: fileNameOf(headers['content-disposition'] ?? disposition, route.given, answer.url),
      digests: digestsTold([...told, answer], route.given),
      localAddress: answer.localAddress,
      ...(links.mirrors.length > 0 ? { mirrors: links.mirrors } : {}),
      ...(links.describedBy.length > 0 ? { describedBy: links.describedBy } : {}),
      ...(isMetalink(headers) ? { isMetalink: true } : {}),
      ...(looksLikePage(route.given, headers, sizeBytes) ? { isPage: true } : {}),
    },
  };
}

/** The other addresses that the answer and the redirects to it name: redirectors know the mirrors, stores do not. */
function linksOf(answers: readonly Answer[]): FileLinks {
  const all = answers.map(({ url, response }) =>
    fileLinks([response.headers.link ?? []].flat().join(', '), url),
  );
  return {
    mirrors: [...new Set(all.flatMap((one) => one.mirrors))].slice(0, MAX_SOURCES),
    describedBy: [...new Set(all.flatMap((one) => one.describedBy))].slice(0, MAX_SOURCES),
  };
}

/** Digests that the answer states, after those that the given URL stated when it redirected. */
function digestsTold(answers: readonly Answer[], given: URL): PublishedDigest[] {
  const final = answers.at(-1)!;
  const { headers } = final.response;
  // The headers of a part that is the whole file can only be about that file.
  const range = final.status === 206 ? parseContentRange(headers['content-range']) : undefined;
  const isWhole = final.status === 200 || (range?.start === 0 && range.end === range.totalBytes);
  const stated = digestsOf(headers, final.url.host, isWhole);
  const first = answers.find(({ url }) => url.href === given.href);
  const linked = first && linkedDigest(first.response.headers, first.url.host);
  const duplicate = first && first !== final ? duplicateDigests(first.response.headers, first.url.host) : [];
  return [...(linked === undefined ? [] : [linked]), ...duplicate, ...stated];
}

/** RFC 5854 (Metalink), 7.2. */
function isMetalink(headers: Answer['response']['headers']): boolean {
  return /^\s*application\/metalink4\+xml\s*(;|$)/i.test(headers['content-type'] ?? '');
}

function isFile({ status }: Answer): boolean {
  return status === 200 || status === 206 || status === 416;
}

/** Whether the body is the file, from its first byte on. */
function startsFile({ status, response: { headers } }: Answer): boolean {
  return status === 200 || (status === 206 && parseContentRange(headers['content-range'])?.start === 0);
}

/** What an answer proves about ranges and states about the size. */
function partOf({ status, response: { headers } }: Answer): {
  ranges: boolean;
  sizeBytes: number | undefined;
} {
  if (status === 200) return { ranges: false, sizeBytes: parseLength(headers['content-length']) };
  // An empty file has no first byte: it answers like this.
  if (status === 416) {
    const totalBytes = parseUnsatisfiedRange(headers['content-range']);
    return { ranges: false, sizeBytes: totalBytes === 0 ? 0 : undefined };
  }
  const range = status === 206 ? parseContentRange(headers['content-range']) : undefined;
  return { ranges: range?.start === 0, sizeBytes: range?.totalBytes };
}
