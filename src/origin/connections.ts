import type { Agent, AgentOptions, ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { passOn } from './body.ts';
import { nodeHttp, nodeHttps, nodeTls } from './node-http.ts';
import { isPublicAddress, literalAddress, privateAddressError, publicLookup } from './private-address.ts';

/** Bytes read from a socket at once. Measured on loopback: 256 KiB is 2.5 times as fast as Node's 64 KiB. */
const READ_BYTES = 256 * 1024;
const MIN_READ_BYTES = 16 * 1024;
/** Connections kept open between requests. */
export const MAX_IDLE_CONNECTIONS = 16;

export interface ConnectionOptions {
  /** False: connections to addresses of the inside fail with the code `ERR_PRIVATE_ADDRESS`. */
  readonly allowPrivate: boolean;
  /** Address of this machine to connect from. */
  readonly localAddress?: string | undefined;
  /** PEM certificates to trust besides those that Node trusts. */
  readonly ca?: string | undefined;
  /** Asked at each new connection: the rate limit in bytes per second, if there is one. */
  readonly rateLimit: () => number | undefined;
}

/** Connections to origins, kept alive between requests. HTTP/1.1, so that each range has a connection of its own. */
export class Connections implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #agents = new Map<string, Agent>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** A request that has not been sent yet: call `end()`. TLS is loaded when first needed. */
  request(url: URL, options: RequestOptions): ClientRequest {
    const { request } = url.protocol === 'https:' ? nodeHttps() : nodeHttp();
    return request(url, { ...options, agent: this.#agent(url.protocol) });
  }

  #agent(protocol: string): Agent {
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = guarded(
        protocol === 'https:' ? this.#tlsAgent() : new (nodeHttp().Agent)(agentOptions),
        this.#options,
      );
      this.#agents.set(protocol, agent);
    }
    return agent;
  }

  #tlsAgent(): Agent {
    const { ca } = this.#options;
    const trust = ca === undefined ? {} : { ca: [...nodeTls().getCACertificates('default'), ca] };
    return new (nodeHttps().Agent)({ ...agentOptions, ...trust, ALPNProtocols: ['http/1.1'] });
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}

const agentOptions: AgentOptions = {
  keepAlive: true,
  maxFreeSockets: MAX_IDLE_CONNECTIONS,
  scheduling: 'lifo',
};

type Connect = (
  options: object,
  callback?: (error: Error | null, stream: Duplex) => void,
) => Duplex | null | undefined;

/** Makes an agent open its sockets with a large read buffer and, if asked to, to public addresses only. */
function guarded<A extends Agent>(agent: A, options: ConnectionOptions): A {
  const connect = agent.createConnection.bind(agent) as Connect;
  const open: Connect = (given, callback) => {
    const { host } = given as { host?: string };
    const literal = literalAddress(host ?? '');
    if (!options.allowPrivate && literal !== undefined && !isPublicAddress(literal))
      throw privateAddressError(literal);
    let socket: Duplex | null | undefined;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes(options.rateLimit())),
      // One buffer for the life of the socket, lent to whoever reads.
      callback: (bytes: number, buffer: Uint8Array): boolean => {
        passOn(socket as Socket, (buffer as Buffer).subarray(0, bytes));
        return true;
      },
    };
    socket = connect(
      {
        ...given,
        onread,
        autoSelectFamily: options.localAddress === undefined,
        localAddress: options.localAddress,
        ...(options.allowPrivate ? {} : { lookup: publicLookup }),
      },
      callback,
    );
    if (!options.allowPrivate) socket?.once('connect', refusePrivate);
    return socket;
  };
  (agent as { createConnection: Connect }).createConnection = open;
  return agent;
}

/** The lookup has let only public addresses through; this holds whatever the way to the connection was. */
function refusePrivate(this: Duplex): void {
  const { remoteAddress } = this as Socket;
  if (remoteAddress !== undefined && !isPublicAddress(remoteAddress))
    this.destroy(privateAddressError(remoteAddress));
}

/** At low rates smaller reads, so that a slow download still moves several times a second. */
function readBytes(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return READ_BYTES;
  return Math.min(READ_BYTES, Math.max(MIN_READ_BYTES, Math.floor(bytesPerSecond / 20)));
}
