import { DragonloadError } from '../../core/errors.ts';
import type { LocalAddresses } from '../addresses/local-addresses.ts';
import type { ProxyChoice } from '../addresses/proxies.ts';
import { Cookies } from './cookies.ts';
import { checkHeaders, type HeaderOptions } from './request-headers.ts';
import type { RequestOptions } from './request-options.ts';
import type { ClientCertificate } from './tls-settings.ts';

/**
 * `RequestOptions` with every file read and checked: what `Connections` and `headersFor` work by. One object serves any
 * number of downloads and can be spread; the cookies in it are shared by all who hold it.
 */
export interface RequestSettings extends HeaderOptions {
  readonly cookies: Cookies;
  readonly proxyFor?: ProxyChoice | undefined;
  /** PEM certificates to trust besides those that Node trusts. */
  readonly ca?: string | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Certificates of origins are not checked: what they say of a file, such as its digests, proves nothing. */
  readonly insecure: boolean;
  /** The local address to connect from, asked for each connection. Default: the system's choice. */
  readonly localAddresses?: (() => LocalAddresses) | undefined;
  /** Only this version of IP is used. */
  readonly family?: 4 | 6 | undefined;
  /** What the user should hear about the files, in whole sentences. */
  readonly notices: readonly string[];
}

/**
 * Reads and checks everything that the options name, once. Costs nothing for what they leave out. Throws `usage` for a
 * header that cannot be sent, and for a file, proxy, certificate or interface that cannot be used; never with a secret.
 */
export async function loadRequestSettings(
  options: RequestOptions,
  env: NodeJS.ProcessEnv,
): Promise<RequestSettings> {
  checkHeaders(options);
  const { headers, userAgent, referer, insecure = false, family } = options;
  const [cookies, netrc, proxyFor, certificates, localAddresses] = await Promise.all([
    loadCookies(options.cookieFile),
    loadNetrc(options.netrc, env),
    loadProxies(options, env),
    loadCertificates(options, env),
    options.interface === undefined
      ? undefined
      : import('../addresses/local-addresses.ts').then((module) =>
          module.localAddressesOf(options.interface!),
        ),
  ]);
  return {
    headers,
    userAgent,
    referer,
    cookies,
    netrc: netrc?.netrc,
    proxyFor,
    ...certificates,
    insecure,
    localAddresses,
    family,
    notices: netrc?.notice === undefined ? [] : [netrc.notice],
  };
}

/** What may differ from one download to the next: connections do not depend on it. */
export type HeaderSettings = Pick<RequestOptions, 'headers' | 'userAgent' | 'referer'>;

/**
 * The settings for a download that has settings of its own, which replace those of the task. No file is
 * read. Throws `usage` for a header that cannot be sent.
 */
export function settingsFor(settings: RequestSettings, own: HeaderSettings): RequestSettings {
  checkHeaders(own);
  const { headers = settings.headers, userAgent = settings.userAgent, referer = settings.referer } = own;
  return { ...settings, headers, userAgent, referer };
}

/**
 * The settings for URLs that somebody else named: they hold no credentials, so that nobody can make this machine fetch
 * what only its user may see. How to connect (proxies, interface, trusted certificates) stays.
 */
export function settingsForOthers(settings: RequestSettings): RequestSettings {
  const { proxyFor, ca, insecure, localAddresses, family } = settings;
  return { cookies: new Cookies(), proxyFor, ca, insecure, localAddresses, family, notices: [] };
}

/**
 * The settings for a mirror that the user has named: headers for the host of the file's own address are not sent to
 * another host. Credentials that name their hosts (cookies, netrc, a user in the URL) stay.
 */
export function settingsForMirrors(settings: RequestSettings): RequestSettings {
  return { ...settings, headers: undefined, referer: undefined, clientCertificate: undefined };
}

async function loadCookies(path: string | undefined): Promise<Cookies> {
  if (path === undefined) return new Cookies();
  const { readCookieFile } = await import('./cookie-file.ts');
  return new Cookies(await readCookieFile(path));
}

async function loadNetrc(given: string | boolean | undefined, env: NodeJS.ProcessEnv) {
  if (given === undefined || given === false) return undefined;
  const { readNetrc } = await import('./netrc.ts');
  return readNetrc(given, env);
}

async function loadProxies(options: RequestOptions, env: NodeJS.ProcessEnv) {
  const isNamed = options.proxy ?? Object.keys(env).find((name) => /^(https?|all)_proxy$/i.test(name));
  if (isNamed === undefined || options.proxy === '') return undefined;
  const { chooseProxies } = await import('../addresses/proxies.ts');
  return chooseProxies(options, env);
}

async function loadCertificates(
  { caFile, certificateFile, keyFile }: RequestOptions,
  env: NodeJS.ProcessEnv,
): Promise<Pick<RequestSettings, 'ca' | 'clientCertificate'>> {
  if (caFile === undefined && certificateFile === undefined && keyFile === undefined) return {};
  const { readCertificates, readClientCertificate } = await import('./tls-settings.ts');
  if (certificateFile === undefined && keyFile !== undefined) {
    throw new DragonloadError('usage', 'A client key needs its certificate.', {
      hint: { kind: 'give-certificate' },
    });
  }
  const [ca, clientCertificate] = await Promise.all([
    caFile === undefined ? undefined : readCertificates(caFile),
    certificateFile === undefined ? undefined : readClientCertificate(certificateFile, keyFile, env),
  ]);
  return { ca, clientCertificate };
}
