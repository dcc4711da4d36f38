import type { OutgoingHttpHeaders } from 'node:http';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import { sameHost } from '../../url/web-url.ts';
import type { Cookies } from './cookies.ts';
import type { Netrc } from './netrc.ts';
import type { ClientCertificate } from './tls-settings.ts';

/** Headers that Dragonload or HTTP/1.1 sets: a value of the user would break the transfer. */
const OWN_HEADERS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-range',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'transfer-encoding',
  'upgrade',
]);

export interface HeaderOptions {
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly userAgent?: string | undefined;
  readonly referer?: string | undefined;
  readonly cookies?: Cookies | undefined;
  readonly netrc?: Netrc | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
}

/**
 * The headers for a request to `to`. Credentials go to the host of the URL that the user gave and to no other: the
 * user's own headers, the referer, and a user and password (as Basic, RFC 7617) from the URL or else from netrc.
 * Cookies go to the hosts that they belong to (RFC 6265), unless the user gives a Cookie header. The user agent is sent
 * on every hop, since links are often valid for one user agent only.
 */
export async function headersFor(to: URL, given: URL, options: HeaderOptions): Promise<OutgoingHttpHeaders> {
  const headers: Record<string, string | string[]> = {
    accept: '*/*',
    'user-agent': options.userAgent ?? 'dragonload',
  };
  if (sameHost(given, to)) {
    // Where these may go, so may the certificate of the user.
    options.clientCertificate?.allow(to);
    const authorization = basic(given, options.netrc);
    if (authorization !== undefined) headers.authorization = authorization;
    if (options.referer !== undefined) headers.referer = refererOf(options.referer);
    const own = new Map<string, string[]>();
    for (const [name, value] of options.headers ?? []) {
      const key = name.toLowerCase();
      own.set(key, [...(own.get(key) ?? []), value]);
    }
    for (const [key, values] of own) headers[key] = values.length === 1 ? values[0]! : values;
  }
  if (headers.cookie === undefined) {
    const cookie = await options.cookies?.headerFor(to);
    if (cookie !== undefined) headers.cookie = cookie;
  }
  headers['accept-encoding'] = 'identity';
  return headers;
}

/** Throws `usage` for a header that cannot be sent (RFC 9110, 5.1 and 5.5) or that Dragonload sets itself. */
export function checkHeaders(options: Pick<HeaderOptions, 'headers' | 'userAgent' | 'referer'>): void {
  const all = [...(options.headers ?? []), ['user-agent', options.userAgent ?? ''] as const];
  for (const [name, value] of all) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new DragonloadError('usage', 'A request header has a character that may not be sent.', {
        hint: advice('Give headers as "Name: value" on one line.'),
      });
    }
    if (OWN_HEADERS.has(name.toLowerCase())) {
      throw new DragonloadError('usage', `The request header ${name} cannot be set.`, {
        hint: name.toLowerCase().startsWith('proxy-')
          ? { kind: 'proxy-credentials', scheme: 'http' }
          : advice('Leave it out: Dragonload sets it as the transfer needs it.'),
      });
    }
  }
  if (options.referer !== undefined && !URL.canParse(options.referer)) {
    throw new DragonloadError('usage', 'The referer is not a URL.', {
      hint: advice('Give the whole address of the page, for example https://example.org/page.'),
    });
  }
}

/** By the URL; what it leaves open is looked up in netrc. */
function basic(given: URL, netrc: Netrc | undefined): string | undefined {
  const [user, password] = [decoded(given.username), decoded(given.password)];
  const entry = password === '' ? netrc?.find(given.hostname, user === '' ? undefined : user) : undefined;
  if (entry === undefined && user === '' && password === '') return undefined;
  const pair = entry === undefined ? `${user}:${password}` : `${entry.login}:${entry.password}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** RFC 9110, 10.1.3: without user, password and fragment. */
function refererOf(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
