import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { Identity } from '../identity/identity.ts';
import { unmapped } from './addresses.ts';
import { CIPHERS, HANDSHAKE_TIMEOUT_MS, type Peer, peerOf } from './tls.ts';

/** The limits of the listener. */
export interface ListenerLimits {
  /** Most connections in all. */
  readonly connections: number;
  /** Most connections from one IP address. */
  readonly connectionsPerAddress: number;
  /** Most connections of peers that are not admitted yet. */
  readonly strangers: number;
  /** How long a connection may stay without admission. */
  readonly admissionMs: number;
}

const DEFAULT_LIMITS: ListenerLimits = {
  connections: 1024,
  connectionsPerAddress: 256,
  strangers: 64,
  admissionMs: 5000,
};

export interface ListenerOptions {
  readonly identity: Identity;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Use any free port when `port` is taken. */
  readonly orAnyPort?: boolean | undefined;
  /** Default `::`, which takes IPv4 too; `0.0.0.0` where there is no IPv6. */
  readonly bindHost?: string | undefined;
  readonly limits?: Partial<ListenerLimits> | undefined;
  /** A connection that speaks HTTP/2: a session is to be admitted on it, which `admit` reports. */
  onSession(connection: Connection): void;
  /** A connection that speaks HTTP/1.1. It is closed unless the promise gives true. */
  onBulk(connection: Connection): Promise<boolean>;
}

/** An accepted TLS connection of a peer that has shown a certificate. */
export interface Connection {
  readonly socket: TLSSocket;
  readonly peer: Peer;
}

/** The one TLS port of a member. */
export class Listener implements AsyncDisposable {
  readonly bindHost: string;
  readonly port: number;
  readonly #server: Server;
  readonly #raw: Set<Socket>;
  readonly #strangers: Strangers;

  private constructor(server: Server, raw: Set<Socket>, strangers: Strangers) {
    const address = server.address() as { address: string; port: number };
    this.bindHost = address.address;
    this.port = address.port;
    this.#server = server;
    this.#raw = raw;
    this.#strangers = strangers;
  }

  /** @throws DragonloadError `port-busy`, or `unreachable` when this machine does not have the address. */
  static async listen(options: ListenerOptions): Promise<Listener> {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const raw = new Set<Socket>();
    const strangers = new Strangers(limits);
    const server = createServer({
      cert: options.identity.certPem,
      key: options.identity.keyPem,
      minVersion: 'TLSv1.3',
      ciphers: CIPHERS,
      honorCipherOrder: true,
      requestCert: true,
      // Certificates are self-signed; peers are admitted by fingerprint, in code.
      rejectUnauthorized: false,
      // No resumption: a resumed connection shows no certificate.
      secureOptions: constants.SSL_OP_NO_TICKET,
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      noDelay: true,
    });
    server.maxConnections = limits.connections;
    server.on('connection', (socket: Socket) => {
      raw.add(socket);
      socket.on('close', () => raw.delete(socket)).on('error', () => {});
      strangers.add(socket);
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      let peer: Peer;
      try {
        peer = peerOf(socket);
      } catch {
        socket.destroy();
        return;
      }
      const connection = { socket, peer };
      if (socket.alpnProtocol === 'h2') options.onSession(connection);
      else if (socket.alpnProtocol === 'http/1.1') {
        options.onBulk(connection).then(
          (stays) => (stays ? strangers.admit(socket) : socket.destroy()),
          () => socket.destroy(),
        );
      } else socket.destroy();
    });
    await bind(server, options);
    return new Listener(server, raw, strangers);
  }

  /** The connection belongs to an admitted member: it no longer counts as a stranger's. */
  admit(socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
  }): void {
    this.#strangers.admit(socket);
  }

  /** Closes the port and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#raw) socket.destroy();
    await promise;
  }
}

/** Connections that have not been admitted, by the address and port they come from. */
class Strangers {
  readonly #limits: ListenerLimits;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  /** Counts a new connection; closes it when there are too many, or when it is not admitted in time. */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const key = keyOf(socket);
    const count = (this.#perAddress.get(address) ?? 0) + 1;
    this.#perAddress.set(address, count);
    socket.once('close', () => {
      clearTimeout(this.#timers.get(key));
      this.#timers.delete(key);
      const left = this.#perAddress.get(address)! - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    });
    if (count > this.#limits.connectionsPerAddress || this.#timers.size >= this.#limits.strangers)
      socket.destroy();
    else
      this.#timers.set(
        key,
        setTimeout(() => socket.destroy(), this.#limits.admissionMs),
      );
  }

  admit(socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
  }): void {
    const key = keyOf(socket);
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}

function keyOf(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string {
  return `${unmapped(socket.remoteAddress ?? '')} ${socket.remotePort}`;
}

async function bind(server: Server, { port, orAnyPort, bindHost }: ListenerOptions): Promise<void> {
  const hosts = bindHost === undefined ? ['::', '0.0.0.0'] : [bindHost];
  const ports = orAnyPort === true && port !== 0 ? [port, 0] : [port];
  let last: NodeJS.ErrnoException | undefined;
  for (const tryPort of ports) {
    for (const host of hosts) {
      try {
        return await listenOnce(server, host, tryPort);
      } catch (error) {
        last = error as NodeJS.ErrnoException;
        // The next address is only worth trying on a machine without IPv6.
        if (last.code === 'EADDRINUSE' || last.code === 'EACCES') break;
      }
    }
  }
  if (last?.code === 'EADDRINUSE' || last?.code === 'EACCES') {
    const why = last.code === 'EACCES' ? 'may not be used by this user' : 'is taken by another program';
    throw new DragonloadError('port-busy', `Port ${port} ${why}.`, {
      facts: { port },
      hint: { kind: 'choose-port', port },
      cause: last,
    });
  }
  throw new DragonloadError('unreachable', `This machine cannot listen on ${hosts.at(-1)}.`, {
    hint: advice('Name an address that this machine has.'),
    cause: last,
  });
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, () => {
    server.off('error', reject);
    server.on('error', () => {});
    resolve();
  });
  return promise;
}
