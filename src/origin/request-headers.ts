import type { OutgoingHttpHeaders } from 'node:http';
import { DragonloadError } from '../core/errors.ts';
import { sameHost } from './url.ts';

/** Headers that Dragonload sets itself or that HTTP/1.1 sets: a user's would break the transfer. */
const OWN_HEADERS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-range',
  'keep-alive',
  'range',
  'te',
  'transfer-encoding',
  'upgrade',
]);

export interface HeaderOptions {
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly userAgent?: string | undefined;
}

/**
 * The headers for a request to `to`. The user's own ones and the URL's user and password (as Basic, RFC 7617) go to
 * the host of the URL that the user gave and to no other.
 */
export function headersFor(to: URL, given: URL, options: HeaderOptions): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {
    accept: '*/*',
    'user-agent': options.userAgent ?? 'dragonload',
  };
  if (sameHost(given, to)) {
    if (given.username !== '' || given.password !== '') headers.authorization = basic(given);
    const own = new Map<string, string[]>();
    for (const [name, value] of options.headers ?? []) {
      const key = name.toLowerCase();
      own.set(key, [...(own.get(key) ?? []), value]);
    }
    for (const [key, values] of own) headers[key] = values.length === 1 ? values[0]! : values;
  }
  headers['accept-encoding'] = 'identity';
  return headers;
}

/** Throws `usage` for a header that cannot be sent (RFC 9110, 5.1 and 5.5) or that Dragonload sets itself. */
export function checkHeaders(options: HeaderOptions): void {
  const all = [...(options.headers ?? []), ['user-agent', options.userAgent ?? ''] as const];
  for (const [name, value] of all) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new DragonloadError('usage', 'A request header has a character that may not be sent.', {
        next: 'Give headers as "Name: value" on one line.',
      });
    }
    if (OWN_HEADERS.has(name.toLowerCase())) {
      throw new DragonloadError('usage', `The request header ${name} cannot be set.`, {
        next: 'Leave it out: Dragonload sets it as the transfer needs it.',
      });
    }
  }
}

function basic(url: URL): string {
  return `Basic ${Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
