import { DragonloadError } from '../../core/errors.ts';

/** Longest URL taken from anyone, in characters. */
const MAX_URL_CHARS = 8192;

/**
 * A URL that a file can be fetched from: `http:` or `https:`, with a host. The fragment is dropped.
 * Throws `bad-url`, without repeating secrets that the text may hold.
 */
export function parseOriginUrl(text: string): URL {
  const url = text.length <= MAX_URL_CHARS && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    throw new DragonloadError('bad-url', 'This is not a URL.', {
      next: 'Give the whole address, for example https://example.org/file.iso.',
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DragonloadError('bad-url', `The scheme ${url.protocol} is not supported.`, {
      next: 'Give an address that starts with https:// or http://.',
    });
  }
  url.hash = '';
  return url;
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

/** The URL as people and logs may see it: without user, password, query and fragment. */
export function displayUrl(url: string | URL): string {
  if (typeof url === 'string') {
    if (!URL.canParse(url)) return '(not a URL)';
    url = new URL(url);
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Whether what was meant for `a` may be sent to `b`: the same scheme, host and port, or the same host moved from
 * http on port 80 to https on port 443.
 */
export function sameHost(a: URL, b: URL): boolean {
  if (a.origin === b.origin) return true;
  return (
    a.hostname === b.hostname &&
    a.protocol === 'http:' &&
    b.protocol === 'https:' &&
    a.port === '' &&
    b.port === ''
  );
}
