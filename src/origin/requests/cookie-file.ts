import { readSettingsFile, settingsFileError } from './settings-file.ts';

/** Most cookies in a file. Browsers keep about 3,000. */
const MAX_COOKIES = 50_000;
/** Fields of a line: domain, subdomains, path, secure, expiry, name, value. */
const FIELDS = 7;

/** A line of a cookie file. */
export interface FileCookie {
  /** In lower case, without a leading dot. */
  readonly domain: string;
  /** Goes to the subdomains too. */
  readonly subdomains: boolean;
  readonly path: string;
  /** Goes over TLS only. */
  readonly secure: boolean;
  /** Seconds since 1970; 0 for one without an end. */
  readonly expiresSeconds: number;
  readonly name: string;
  /** One character for each byte, as in a header. */
  readonly value: string;
}

/**
 * Reads a cookie file in the Netscape form, as curl and browsers' extensions write it: seven fields separated by tabs;
 * a line that begins with `#` is a comment unless it begins with `#HttpOnly_`. Throws `usage`, naming the line but
 * nothing of what is in it.
 */
export async function readCookieFile(path: string): Promise<readonly FileCookie[]> {
  const { bytes } = await readSettingsFile('cookie file', path);
  // What is not ASCII in a value goes into the header as the bytes it is here.
  const lines = bytes.toString('latin1').split(/\r?\n/);
  const cookies: FileCookie[] = [];
  for (const [index, raw] of lines.entries()) {
    const text = index === 0 ? raw.replace(/^\xef\xbb\xbf/, '') : raw;
    const line = text.startsWith('#HttpOnly_') ? text.slice('#HttpOnly_'.length) : text;
    if (line.startsWith('#') || line.trim() === '') continue;
    const cookie = parseCookieLine(line);
    if (cookie === undefined || cookies.length === MAX_COOKIES) {
      const wrong =
        cookie === undefined
          ? `has no cookie in line ${index + 1}`
          : `has more than ${MAX_COOKIES.toLocaleString('en')} cookies`;
      throw settingsFileError(
        'cookie file',
        path,
        wrong,
        'Export the cookies in the Netscape form (cookies.txt): seven fields a line, separated by tabs.',
      );
    }
    cookies.push(cookie);
  }
  return cookies;
}

/** One line; undefined when it is not a cookie, or one that could break a header (RFC 6265, 4.1.1). */
export function parseCookieLine(line: string): FileCookie | undefined {
  const fields = line.split('\t');
  // Some writers leave the tab before an empty value out.
  if (fields.length === FIELDS - 1) fields.push('');
  if (fields.length !== FIELDS) return undefined;
  const [domain, subdomains, path, secure, expiry, name, value] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const isFlag = (text: string) => /^(true|false)$/i.test(text);
  const bare = domain.replace(/^\./, '').toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const isUnsafe = /[\0-\x1f\x7f;]/.test(name + value + path) || /[=\s]/.test(name);
  if (!isFlag(subdomains) || !isFlag(secure) || !/^-?\d{1,15}(\.\d+)?$/.test(expiry)) return undefined;
  if (isUnsafe || !/^[a-z0-9_.:[\]-]{1,255}$/.test(bare) || !path.startsWith('/')) return undefined;
  return {
    domain: bare,
    subdomains: /^true$/i.test(subdomains),
    path,
    secure: /^true$/i.test(secure),
    expiresSeconds: Math.floor(Number(expiry)),
    name,
    value,
  };
}
