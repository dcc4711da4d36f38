import { isContentName } from '../core/content-name.ts';
import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';
import { MAX_URL_CHARS } from '../core/messages.ts';

/** What a text is when a URL of the web is wanted: that, something else than a URL, or a URL of another scheme. */
export type ReadUrl =
  | { readonly kind: 'web'; readonly url: URL }
  | { readonly kind: 'no-url' }
  | { readonly kind: 'other-scheme'; readonly scheme: string };

/**
 * Reads a whole URL of `http:` or `https:`, of at most 8,192 characters. The one place that decides what counts as the
 * address of a file; the caller words the error.
 */
export function readWebUrl(text: string): ReadUrl {
  return text.length <= MAX_URL_CHARS ? readUrl(text) : { kind: 'no-url' };
}

/** The URL that `readWebUrl` reads, without its fragment, which no server ever sees; undefined when there is none. */
export function webUrlFrom(text: string): URL | undefined {
  const read = readWebUrl(text);
  if (read.kind !== 'web') return undefined;
  read.url.hash = '';
  return read.url;
}

/**
 * A URL that a file can be fetched from: `http:` or `https:`, with a host. The fragment is dropped.
 * Throws `bad-url`, without repeating secrets that the text may hold.
 */
export function parseOriginUrl(text: string): URL {
  const read = readWebUrl(text);
  if (read.kind === 'no-url') {
    throw new DragonloadError('bad-url', 'This is not a URL.', {
      hint: advice('Give the whole address, for example https://example.org/file.iso.'),
    });
  }
  if (read.kind === 'other-scheme') {
    throw new DragonloadError('bad-url', `The scheme ${read.scheme} is not supported.`, {
      hint: advice('Give an address that starts with https:// or http://.'),
    });
  }
  read.url.hash = '';
  return read.url;
}

/**
 * Reads a URL that a server names in a header, relative to the one that it answered to: without fragment, and without
 * user and password, which are not the user's. Only the limit for headers holds for its length.
 */
export function readNamedUrl(text: string, base: URL): ReadUrl {
  const read = readUrl(text, base);
  if (read.kind === 'web') {
    read.url.hash = '';
    read.url.username = '';
    read.url.password = '';
  }
  return read;
}

/** The form in which addresses are compared: as URLs are written, without fragment. What is no URL stays as it is. */
export function normalUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  url.hash = '';
  return url.href;
}

/** The URL as others may hear of it: without user and password. One that has none stays as it is written. */
export function withoutUser(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.username === '' && url.password === '')) return text;
  url.username = '';
  url.password = '';
  return url.href;
}

/** The URL as people and logs may see it: without user, password, query and fragment. A name by content is shown whole. */
export function displayUrl(given: string | URL): string {
  if (typeof given === 'string' && isContentName(given)) return given;
  const url = asUrl(given);
  return url === null ? '(not a URL)' : `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Whether what was meant for `a` may be sent to `b`: the same scheme, host and port, or the same host moved from
 * http on port 80 to https on port 443. False for what is no URL.
 */
export function sameHost(a: string | URL, b: string | URL): boolean {
  const [one, other] = [asUrl(a), asUrl(b)];
  if (one === null || other === null) return false;
  if (one.origin === other.origin) return true;
  return (
    one.hostname === other.hostname &&
    one.protocol === 'http:' &&
    other.protocol === 'https:' &&
    one.port === '' &&
    other.port === ''
  );
}

/** Whether two addresses differ at most in scheme, user, query and fragment: in what a link is signed with. */
export function samePlace(a: string, b: string): boolean {
  const [one, other] = [URL.parse(a), URL.parse(b)];
  return one !== null && other !== null && one.host === other.host && one.pathname === other.pathname;
}

function readUrl(text: string, base?: URL): ReadUrl {
  const url = URL.parse(text, base?.href);
  if (url === null) return { kind: 'no-url' };
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  return isWeb ? { kind: 'web', url } : { kind: 'other-scheme', scheme: url.protocol };
}

function asUrl(given: string | URL): URL | null {
  return typeof given === 'string' ? URL.parse(given) : given;
}
