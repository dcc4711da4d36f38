import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import { isLoopback, noProxyMatcher } from './no-proxy.ts';

/** A proxy, with the user and password for it. */
export interface ProxyAddress {
  /** `socks5`: names are resolved here; `socks5h`: by the proxy. */
  readonly scheme: 'http' | 'https' | 'socks5' | 'socks5h';
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Which proxy to use for a URL; undefined: connect directly. */
export type ProxyChoice = (url: URL) => ProxyAddress | undefined;

const DEFAULT_PORTS = { http: 80, https: 443, socks5: 1080, socks5h: 1080 } as const;
/** RFC 1929, 2: a length is one byte. */
const MAX_SOCKS_CHARS = 255;

export interface ProxyOptions {
  readonly proxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/**
 * The choice of proxy that the options make, else the environment: `http_proxy`, `https_proxy`, `all_proxy` and
 * `no_proxy`, in lower case before upper case. `HTTP_PROXY` does not count where `REQUEST_METHOD` is set: there it is a
 * header that a CGI client may set. Requests to this machine itself do not use the proxy of the environment. Undefined
 * when no URL needs a proxy. Throws `usage`, without user and password, for a proxy address that is not valid.
 */
export function chooseProxies(options: ProxyOptions, env: NodeJS.ProcessEnv): ProxyChoice | undefined {
  const noProxy = options.noProxy ?? env.no_proxy ?? env.NO_PROXY ?? '';
  if (options.proxy !== undefined) {
    if (options.proxy === '') return undefined;
    const proxy = parseProxy(options.proxy);
    const isDirect = noProxyMatcher(noProxy);
    return (url) => (isDirect(url) ? undefined : proxy);
  }
  const named = (...names: string[]) => {
    const name = names.find((one) => env[one] !== undefined);
    return name === undefined || env[name] === '' ? undefined : parseProxy(env[name]!, name);
  };
  const all = () => named('all_proxy', 'ALL_PROXY');
  const http =
    (env.REQUEST_METHOD === undefined ? named('http_proxy', 'HTTP_PROXY') : named('http_proxy')) ?? all();
  const https = named('https_proxy', 'HTTPS_PROXY') ?? all();
  if (http === undefined && https === undefined) return undefined;
  const isDirect = noProxyMatcher(noProxy);
  return (url) => (isDirect(url) || isLoopback(url) ? undefined : url.protocol === 'https:' ? https : http);
}

/**
 * Reads the address of a proxy; without a scheme it is http. `source`: the environment variable in which it stands, for
 * the error.
 */
export function parseProxy(text: string, source?: string): ProxyAddress {
  const what = source === undefined ? 'The given proxy' : `The proxy in ${source}`;
  const fail = (wrong: string) =>
    new DragonloadError('usage', `${what} ${wrong}.`, {
      hint: advice(
        'Give it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ if need be.',
      ),
    });
  const [, given = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  const scheme = given.toLowerCase();
  if (!isScheme(scheme)) throw fail('is of a kind that is not supported');
  // Read with a scheme that has no default port, so that each port stays as it is given.
  const url = URL.canParse(`proxy://${rest}`) ? new URL(`proxy://${rest}`) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  if (url === undefined || !/^[a-z0-9_.:-]{1,253}$/i.test(host)) throw fail('is not an address');
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  if (port === 0) throw fail('has no port that can be reached');
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (scheme.startsWith('socks') && Math.max(byteLength(user), byteLength(password)) > MAX_SOCKS_CHARS)
    throw fail('has a user or password that is too long for SOCKS');
  return { scheme, host, port, user, password };
}

/** The proxy as people and logs may see it: without user and password. */
export function displayProxy({ scheme, host, port }: ProxyAddress): string {
  return `${scheme}://${authority(host, port)}`;
}

/** `host:port`, with brackets around an IPv6 address (RFC 3986, 3.2.2). */
export function authority(host: string, port: number | string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isScheme(text: string): text is ProxyAddress['scheme'] {
  return Object.hasOwn(DEFAULT_PORTS, text);
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
