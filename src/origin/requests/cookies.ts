import type { CookieJar } from 'tough-cookie';
import type { FileCookie } from './cookie-file.ts';

/** Limits on cookies that origins set: for one host, in all (RFC 6265, 6.1), and bytes in each. */
const MAX_RECEIVED_PER_HOST = 50;
const MAX_RECEIVED = 3000;
const MAX_COOKIE_CHARS = 4096;

/**
 * The cookies of a run: those of the user's file, and those that redirects set on the way. Which of them is sent where
 * is decided by RFC 6265, implemented by tough-cookie, which refuses cookies for other domains and for public suffixes
 * (`com`, `co.uk`). Nothing is written anywhere. The library is loaded with the first cookie.
 */
export class Cookies {
  readonly #fromFile: readonly FileCookie[];
  #jar: Promise<CookieJar> | undefined;
  #offered: { readonly url: string; readonly line: string }[] = [];
  #received = 0;

  constructor(fromFile: readonly FileCookie[] = []) {
    this.#fromFile = fromFile;
  }

  /** Takes the lines of Set-Cookie that came with the answer from `url`. Counts from the next request on. */
  offer(url: URL, lines: readonly string[]): void {
    for (const line of lines.slice(0, MAX_RECEIVED_PER_HOST))
      if (line.length <= MAX_COOKIE_CHARS) this.#offered.push({ url: addressOf(url), line });
  }

  /** The value of Cookie (RFC 6265, 5.4) for a request to `url`; undefined when there are none. */
  async headerFor(url: URL): Promise<string | undefined> {
    if (this.#jar === undefined && this.#fromFile.length === 0 && this.#offered.length === 0)
      return undefined;
    this.#jar ??= jarOf(this.#fromFile);
    const jar = await this.#jar;
    for (const { url: from, line } of this.#offered.splice(0)) {
      if (jar.getCookiesSync(from).length >= MAX_RECEIVED_PER_HOST && this.#fromFile.length === 0) continue;
      jar.setCookieSync(line, from, { ignoreError: true });
      this.#received += 1;
    }
    const header = jar.getCookieStringSync(addressOf(url));
    // A long run forgets cookies that origins set, not those of the user's file.
    if (this.#received > MAX_RECEIVED) {
      this.#received = 0;
      this.#jar = undefined;
    }
    return header !== '' && /^[\t\x20-\x7e\x80-\xff]*$/.test(header) ? header : undefined;
  }
}

function addressOf(url: URL): string {
  return url.origin + url.pathname;
}

async function jarOf(fromFile: readonly FileCookie[]): Promise<CookieJar> {
  const { Cookie, CookieJar } = await import('tough-cookie');
  const jar = new CookieJar(undefined, { allowSecureOnLocal: false });
  for (const { domain, subdomains, path, secure, expiresSeconds, name, value } of fromFile) {
    const url = `https://${domain.includes(':') && !domain.startsWith('[') ? `[${domain}]` : domain}/`;
    if (!URL.canParse(url)) continue;
    const cookie = new Cookie({
      key: name,
      value,
      path,
      secure,
      // A cookie file may not set a cookie for all of `com` either.
      ...(subdomains && !isAddress(url) ? { domain } : {}),
      ...(expiresSeconds > 0 ? { expires: new Date(Math.min(expiresSeconds * 1000, 8.64e15)) } : {}),
    });
    jar.setCookieSync(cookie, url, { ignoreError: true });
  }
  return jar;
}

function isAddress(url: string): boolean {
  return /^(\[|[\d.]+$)/.test(new URL(url).hostname);
}
