import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MemberId } from '../../core/ids.ts';
import { unmapped } from '../network/addresses.ts';
import type { Dialler } from '../network/dialler.ts';
import type { Connection } from '../network/listener.ts';
import { race } from '../network/race.ts';
import { SocketReader } from '../network/socket-reader.ts';
import type { LiveSession } from '../sessions/session.ts';
import { addressesOf } from '../sessions/sessions.ts';
import { BulkConnection } from './bulk-connection.ts';
import { BulkPool, MAX_BULK_CONNECTIONS } from './bulk-pool.ts';
import { BulkServer, REVERSE_PATH, REVERSE_PROTOCOL, type Serve } from './bulk-server.ts';

/** After this time without an answer at any address, the member is asked to dial back as well. */
const REVERSE_AFTER_MS = 250;
/** How long to wait for a member to dial back. */
const REVERSE_TIMEOUT_MS = 5000;
/** Bulk connections of one member that are served at a time, dialled by either side. */
const MAX_SERVED_CONNECTIONS = 2 * MAX_BULK_CONNECTIONS;

/** Bulk connections with the members that have a session: pools for pulls, and a server for their requests. */
export class Bulk {
  readonly #dialler: Dialler;
  readonly #server: BulkServer;
  readonly #members = new Map<MemberId, BulkMember>();

  constructor(dialler: Dialler, serve: Serve) {
    this.#dialler = dialler;
    this.#server = new BulkServer({
      serve,
      onReversed: (peer, socket) => this.#members.get(peer)?.takeReversed(socket) ?? false,
    });
  }

  /** A session has opened. */
  add(session: LiveSession): void {
    this.#members.set(session.peer, new BulkMember(session, this.#dialler));
  }

  /** The session has ended, and with it all transfers of the member. */
  remove(session: LiveSession): void {
    const member = this.#members.get(session.peer);
    if (member?.session !== session) return;
    this.#members.delete(session.peer);
    member.close();
  }

  /** The pool for pulls from a member, while there is a session. */
  pool(peer: MemberId): BulkPool | undefined {
    return this.#members.get(peer)?.pool;
  }

  /** Serves an admitted member on a connection. False: it has too many. */
  adopt({ socket, peer }: Connection): boolean {
    const member = this.#members.get(peer.id);
    if (member === undefined || !member.hold(socket)) return false;
    this.#server.adopt(socket, peer.id);
    return true;
  }

  /** The member cannot dial this side: opens connections for it, as many as it asks for. */
  dialBack(session: LiveSession, count: number): void {
    const member = this.#members.get(session.peer);
    for (let i = 0; i < count; i++) {
      member?.openReversed().then(
        (socket) => this.#server.adopt(socket, session.peer),
        // The member waits for a while; then its pull fails.
        () => {},
      );
    }
  }
}

/** Bulk connections with one member, for as long as its session lasts. */
class BulkMember {
  readonly session: LiveSession;
  readonly pool: BulkPool;
  readonly #dialler: Dialler;
  readonly #closed = new AbortController();
  /** Connections on which the member is served. */
  readonly #served = new Set<Duplex>();
  #opening = 0;
  /** Pulls that wait for a connection that the member dials back. */
  readonly #waiting: ((socket: Duplex) => void)[] = [];
  /** Whether dialling failed and dialling back worked. */
  #reverseFirst = false;

  constructor(session: LiveSession, dialler: Dialler) {
    this.session = session;
    this.#dialler = dialler;
    this.pool = new BulkPool((signal) => this.#connect(signal));
  }

  close(): void {
    this.#closed.abort();
    this.pool.close();
    for (const socket of this.#served) socket.destroy();
  }

  /** Counts a connection on which the member is served; false when there are too many. */
  hold(socket: Duplex): boolean {
    if (this.#closed.signal.aborted || this.#served.size + this.#opening >= MAX_SERVED_CONNECTIONS)
      return false;
    this.#served.add(socket);
    socket.once('close', () => this.#served.delete(socket));
    return true;
  }

  takeReversed(socket: Duplex): boolean {
    const taker = this.#waiting.shift();
    taker?.(socket);
    if (taker !== undefined) this.#served.delete(socket);
    return taker !== undefined;
  }

  /** Dials the member and offers it the connection to send requests on. */
  async openReversed(): Promise<Duplex> {
    if (this.#served.size + this.#opening >= MAX_SERVED_CONNECTIONS) throw new Error('too many connections');
    this.#opening += 1;
    let turned: Duplex;
    try {
      const { socket } = await this.#dial(this.#closed.signal, false);
      turned = await turnRound(socket);
    } finally {
      this.#opening -= 1;
    }
    if (this.hold(turned)) return turned;
    turned.destroy();
    throw new Error('the session has ended');
  }

  async #connect(signal: AbortSignal): Promise<BulkConnection> {
    const ways = this.#reverseFirst ? (['reverse', 'direct'] as const) : (['direct', 'reverse'] as const);
    const attempt = async (way: 'direct' | 'reverse', attemptSignal: AbortSignal) => {
      if (way === 'reverse') {
        const socket = await this.#reverse(attemptSignal);
        return { way, connection: new BulkConnection(socket, SocketReader.of(socket)) };
      }
      const { socket, reader } = await this.#dial(attemptSignal, true);
      return { way, connection: new BulkConnection(socket, reader!) };
    };
    const { way, connection } = await race(ways, attempt, {
      staggerMs: REVERSE_AFTER_MS,
      discard: (late) => late.connection.destroy(),
      signal,
    });
    this.#reverseFirst = way === 'reverse';
    return connection;
  }

  #dial(signal: AbortSignal, read: boolean) {
    const known = unmapped(this.session.dialled?.host ?? this.session.remoteAddress);
    return this.#dialler.dial(addressesOf(this.session), {
      protocol: 'http/1.1',
      expect: this.session.peer,
      known,
      read,
      signal,
    });
  }

  #reverse(signal: AbortSignal): Promise<Duplex> {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    const timer = setTimeout(() => reject(new Error('the member did not dial back')), REVERSE_TIMEOUT_MS);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(resolve);
    this.session.sendOpenBulk(1);
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      const index = this.#waiting.indexOf(resolve);
      if (index !== -1) this.#waiting.splice(index, 1);
    });
  }
}

/** Reverses a dialled connection (RFC 9110, 7.8, Upgrade): from now on the other side sends the requests. */
function turnRound(socket: Duplex): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const request = httpRequest({
    createConnection: () => socket,
    method: 'POST',
    host: 'member',
    path: REVERSE_PATH,
    headers: { Connection: 'Upgrade', Upgrade: REVERSE_PROTOCOL },
    timeout: REVERSE_TIMEOUT_MS,
  });
  request.on('upgrade', (_response, upgraded, head) => {
    if (head.length > 0) upgraded.unshift(head);
    resolve(upgraded);
  });
  request.on('response', () => {
    request.destroy();
    reject(new Error('the member does not want the connection'));
  });
  request.on('timeout', () => request.destroy(new Error('no answer in time')));
  request.on('error', (error) => {
    socket.destroy();
    reject(error);
  });
  request.end();
  return promise;
}
