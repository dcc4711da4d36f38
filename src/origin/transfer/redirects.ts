import { DragonloadError } from '../../core/errors.ts';
import { displayUrl, readNamedUrl } from '../../url/web-url.ts';
import type { Answer } from './send.ts';
import { discard } from './send.ts';

/** Redirects followed for one request. */
export const MAX_REDIRECTS = 10;

/** Whether the status sends a GET elsewhere (RFC 9110 HTTP Semantics, 15.4). */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * Sends a GET to `first` and follows redirects by hand, so that each hop is checked. `given` is the URL the user gave:
 * when it is https, no hop may be http. Calls `onRedirect` with each answer that was not the last.
 * Throws `origin-failed` or `bad-url` for redirects that lead nowhere.
 */
export async function follow(
  first: URL,
  given: URL,
  get: (url: URL) => Promise<Answer>,
  onRedirect: (answer: Answer) => void = () => {},
): Promise<Answer> {
  const seen = new Set<string>();
  let url = first;
  for (;;) {
    seen.add(url.href);
    const answer = await get(url);
    const { location } = answer.response.headers;
    if (!isRedirect(answer.status) || location === undefined) return answer;
    onRedirect(answer);
    await discard(answer);
    url = nextUrl(location, url, given);
    if (seen.has(url.href)) throw redirectError(given, 'The origin redirects in a circle.');
    if (seen.size > MAX_REDIRECTS)
      throw redirectError(given, `The origin redirects more than ${MAX_REDIRECTS} times.`);
  }
}

function nextUrl(location: string, base: URL, given: URL): URL {
  // Node reads header bytes as Latin-1; servers that send raw characters mean UTF-8.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  const read = readNamedUrl(text, base);
  if (read.kind === 'no-url')
    throw redirectError(given, 'The origin redirects to something that is not a URL.');
  if (read.kind === 'other-scheme')
    throw redirectError(given, `The origin redirects to ${read.scheme}, which is not supported.`);
  const { url } = read;
  if (url.protocol === 'http:' && given.protocol === 'https:') {
    throw redirectError(
      given,
      `The origin redirects from https to ${displayUrl(url)}, which is not encrypted.`,
    );
  }
  return url;
}

function redirectError(given: URL, message: string): DragonloadError {
  return new DragonloadError('origin-failed', message, {
    facts: { url: displayUrl(given) },
    hint: { kind: 'follow-in-browser', url: displayUrl(given) },
  });
}
