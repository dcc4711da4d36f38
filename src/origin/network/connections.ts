import type { Agent, AgentOptions, ClientRequest, RequestOptions } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { isPublicAddress, literalAddress, privateAddressError } from '../addresses/private-address.ts';
import { isPrivateName } from '../addresses/private-names.ts';
import type { ProxyAddress } from '../addresses/proxies.ts';
import { proxyAuthorization } from '../addresses/proxy-authorization.ts';
import type { RequestSettings } from '../requests/request-settings.ts';
import { dial } from './dial.ts';
import { nodeHttp, nodeHttps, nodeTls } from './node-http.ts';
import { Reads } from './reads.ts';

/** Connections to one host that are kept open between requests. */
export const MAX_IDLE_CONNECTIONS = 16;
/** How long they are kept. */
const IDLE_MS = 60_000;

export interface ConnectionOptions {
  /** False: connections to private addresses fail with the code `ERR_PRIVATE_ADDRESS`. */
  readonly allowPrivate: boolean;
  /** Proxies, interface and certificates. Default: direct connections, and the certificates that Node trusts. */
  readonly settings?: ConnectionSettings | undefined;
  /** Address of this machine to connect from, instead of what the settings say. */
  readonly localAddress?: string | undefined;
  /** PEM certificates to trust besides those that Node trusts, instead of what the settings say. */
  readonly ca?: string | undefined;
  /** Asked at each new connection: the rate limit in bytes per second, if there is one. */
  readonly rateLimit?: (() => number | undefined) | undefined;
  /** How names are resolved. Default: as the system does. */
  readonly lookup?: LookupFunction | undefined;
}

export type ConnectionSettings = Partial<
  Pick<
    RequestSettings,
    'cookies' | 'proxyFor' | 'ca' | 'clientCertificate' | 'insecure' | 'localAddresses' | 'family'
  >
>;

/** How one request connects: what an agent hands on to the code that opens its connection. */
interface ConnectionRoute {
  readonly proxy: ProxyAddress | undefined;
  readonly secure: boolean;
  readonly giveUp: AbortController;
}

/**
 * Connections to origins, kept alive between requests and shared by any number of downloads. HTTP/1.1, so that each
 * range has a connection of its own; direct, or through proxies.
 */
export class Connections implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #settings: ConnectionSettings;
  readonly #agents = new Map<string, Agent>();
  /** Connections that are being opened. */
  readonly #opening = new Set<AbortController>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { settings = {}, localAddress, ca } = options;
    this.#settings = {
      ...settings,
      ...(ca === undefined ? {} : { ca }),
      ...(localAddress === undefined
        ? {}
        : { localAddresses: () => ({ [isIP(localAddress)]: localAddress }) }),
    };
  }

  /** Whether they may lead to private addresses. */
  get allowPrivate(): boolean {
    return this.#options.allowPrivate;
  }

  /**
   * A request that has not been sent yet: call `end()`. TLS and proxies are loaded when first needed. Cookies that
   * a redirect sets are kept. Throws `ERR_PRIVATE_ADDRESS`; a proxy that fails destroys the request with `ProxyError`.
   */
  request(url: URL, options: RequestOptions): ClientRequest {
    const proxy = this.#settings.proxyFor?.(url);
    this.#refusePrivate(url, proxy);
    const secure = url.protocol === 'https:';
    const giveUp = new AbortController();
    const route: ConnectionRoute = { proxy, secure, giveUp };
    const { request: start } = secure ? nodeHttps() : nodeHttp();
    const given = { ...options, auth: null, route, agent: this.#agent(url, proxy) };
    const request =
      proxy !== undefined && isAbsolute(proxy, secure)
        ? start({ ...given, ...absoluteForm(url, proxy, options) })
        : start(url, given);
    // Without a socket, Node leaves a destroyed request waiting for one.
    const destroy = request.destroy.bind(request);
    request.destroy = (error) => {
      destroy(error);
      giveUp.abort(error);
      return request;
    };
    const { cookies } = this.#settings;
    if (cookies !== undefined) {
      request.once('response', ({ statusCode = 0, headers }) => {
        const lines = headers['set-cookie'];
        if (statusCode >= 300 && statusCode < 400 && lines !== undefined) cookies.offer(url, lines);
      });
    }
    return request;
  }

  /** Closes idle connections: after a change of network they are dead. */
  reset(): void {
    for (const { freeSockets } of this.#agents.values())
      for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Closes idle connections to a host: some servers count them against the limit of connections. */
  dropIdle({ hostname, port, protocol }: URL): void {
    const name = `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}:`;
    for (const { freeSockets } of this.#agents.values())
      for (const [key, sockets] of Object.entries(freeSockets))
        if (key.startsWith(name)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Closes every connection, used or not. */
  close(): void {
    for (const giveUp of this.#opening) giveUp.abort(new Error('closed'));
    for (const agent of this.#agents.values()) agent.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #refusePrivate(url: URL, proxy: ProxyAddress | undefined): void {
    if (this.#options.allowPrivate) return;
    const literal = literalAddress(url.hostname);
    if (
      literal !== undefined ? !isPublicAddress(literal) : proxy !== undefined && isPrivateName(url.hostname)
    )
      throw privateAddressError(url.hostname);
  }

  /** One agent for each kind of connection: for the same host, sockets of one kind can replace each other. */
  #agent(url: URL, proxy: ProxyAddress | undefined): Agent {
    const secure = url.protocol === 'https:';
    const certificate = secure && this.#settings.clientCertificate?.isFor(url) === true;
    const through = proxy === undefined ? '' : `${proxy.scheme} ${proxy.host} ${proxy.port}`;
    const key = `${url.protocol} ${certificate} ${through}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = secure ? this.#tlsAgent(certificate) : new (nodeHttp().Agent)(agentOptions);
      this.#openFor(agent);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  /** Keeps TLS sessions, so that further connections to a host are set up faster. */
  #tlsAgent(withCertificate: boolean): Agent {
    const { clientCertificate, insecure } = this.#settings;
    const own = withCertificate ? clientCertificate : undefined;
    return new (nodeHttps().Agent)({
      ...agentOptions,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: insecure !== true,
      secureContext: nodeTls().createSecureContext({
        ...this.#trust(),
        ...(own === undefined ? {} : { cert: own.cert, key: own.key }),
      }),
    });
  }

  #trust(): SecureContextOptions {
    const { ca } = this.#settings;
    return {
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca: [...nodeTls().getCACertificates('default'), ca] }),
    };
  }

  /** Makes an agent get its sockets from here. */
  #openFor(agent: Agent): void {
    const connect = agent.createConnection.bind(agent) as unknown as (options: object) => TLSSocket;
    const open = (given: Given, callback: (error: Error | null, socket?: Socket) => void): undefined => {
      const { giveUp } = given.route;
      this.#opening.add(giveUp);
      this.#open(given, connect)
        .finally(() => this.#opening.delete(giveUp))
        .then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error),
        );
    };
    (agent as { createConnection: unknown }).createConnection = open;
  }

  async #open(given: Given, connect: (options: object) => TLSSocket): Promise<Socket> {
    const { route, host, port } = given;
    const { family, localAddresses } = this.#settings;
    const reads = new Reads(this.#options.rateLimit?.());
    const dialOptions = {
      family,
      localAddresses: localAddresses?.(),
      lookup: this.#options.lookup,
      publicOnly: !this.#options.allowPrivate,
      // Over TLS it is the decrypted side that reads much at a time.
      reads: route.secure ? undefined : reads,
      signal: route.giveUp.signal,
    };
    let socket: Socket;
    if (route.proxy === undefined) {
      socket = await dial(host, Number(port), dialOptions);
    } else {
      const target = isAbsolute(route.proxy, route.secure) ? undefined : { host, port: Number(port) };
      const { openThrough } = await import('./proxied.ts');
      socket = await openThrough(route.proxy, { ...dialOptions, target, trust: () => this.#trust() });
    }
    if (!route.secure) return socket;
    reads.socket = connect({ ...given, socket, onread: reads.onread });
    return reads.socket;
  }
}

interface Given {
  readonly host: string;
  readonly port: number | string;
  readonly route: ConnectionRoute;
}

const agentOptions: AgentOptions = {
  keepAlive: true,
  maxFreeSockets: MAX_IDLE_CONNECTIONS,
  scheduling: 'lifo',
  timeout: IDLE_MS,
};

/** HTTP proxies are asked for http URLs in the absolute form (RFC 9112, 3.2.2); all else goes through a tunnel. */
function isAbsolute(proxy: ProxyAddress, secure: boolean): boolean {
  return !secure && (proxy.scheme === 'http' || proxy.scheme === 'https');
}

function absoluteForm(url: URL, proxy: ProxyAddress, { headers }: RequestOptions): RequestOptions {
  const credentials = proxyAuthorization(proxy);
  return {
    host: proxy.host,
    port: proxy.port,
    path: url.origin + url.pathname + url.search,
    setHost: false,
    headers: {
      ...(headers as Record<string, string>),
      host: url.host,
      ...(credentials === undefined ? {} : { 'proxy-authorization': credentials }),
    },
  };
}
