import { randomBytes } from 'node:crypto';
import type { MemberId, RoomId } from '../core/ids.ts';
import type { Message } from '../core/messages.ts';
import { Bulk } from './bulk/bulk.ts';
import type { PullOptions, PullResult } from './bulk/bulk-connection.ts';
import type { Serve } from './bulk/bulk-server.ts';
import type { Identity } from './identity/identity.ts';
import { listenAddresses, MAX_ADDRESSES } from './network/addresses.ts';
import { Dialler } from './network/dialler.ts';
import { Listener, type ListenerLimits } from './network/listener.ts';
import { peerOf } from './network/tls.ts';
import { admissionKey, INSTANCE_BYTES } from './sessions/admission.ts';
import { channelServer } from './sessions/channel.ts';
import type { Credentials } from './sessions/handshake.ts';
import type { Session, SessionEnd } from './sessions/session.ts';
import { Sessions } from './sessions/sessions.ts';
import { MAX_NAME_CHARS, printable } from './wire/wire-checks.ts';

export type { PullOptions, PullResult } from './bulk/bulk-connection.ts';
export type { Serve, ServedBytes, ServeRequest } from './bulk/bulk-server.ts';
export type { Session, SessionEnd } from './sessions/session.ts';

export interface LanOptions {
  readonly identity: Identity;
  /** TCP port to listen on; 0 lets the system choose. */
  readonly port: number;
  /** Use any free port when `port` is taken. */
  readonly orAnyPort?: boolean;
  readonly room: { readonly id: RoomId; readonly secret: string };
  /** The name that other members see; cut to 64 characters. */
  readonly name: string;
  /** Address to listen on. Default: all, IPv6 and IPv4. */
  readonly bindHost?: string;
  /** What to tell others instead of the addresses found: `host:port`. Empty: this member cannot be dialled. */
  readonly advertise?: readonly string[];
  readonly dial?: {
    /** The local address of connections to the origin, once known: LAN bytes avoid its interface where they can. */
    readonly originLocalAddress?: () => string | undefined;
  };
  readonly limits?: Partial<ListenerLimits>;
  /** Gives the bytes that other members pull. */
  readonly serve: Serve;
  /** A session has opened; exactly one is open per member. Messages follow. */
  readonly onPeerUp: (session: Session) => void;
  readonly onMessage: (session: Session, message: Message) => void;
  readonly onPeerDown: (session: Session, end: SessionEnd) => void;
}

/** Bytes from a member that has a session. */
export interface LanPullOptions extends PullOptions {
  readonly peer: MemberId;
}

/**
 * The LAN side of this member: one TLS port, sessions with the other members of the room, bulk transfer both ways.
 * Importing this module loads ConnectRPC and protobuf; import it when a room is opened or joined, not before.
 */
export class Lan implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #sessions: Sessions;
  readonly #bulk: Bulk;
  readonly #advertise: readonly string[] | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    listener: Listener,
    sessions: Sessions,
    bulk: Bulk,
    advertise: readonly string[] | undefined,
  ) {
    this.#listener = listener;
    this.#sessions = sessions;
    this.#bulk = bulk;
    this.#advertise = advertise?.slice(0, MAX_ADDRESSES);
  }

  /** Opens the port. @throws DragonloadError `port-busy`, `unreachable`. */
  static async start(options: LanOptions): Promise<Lan> {
    const { identity, room } = options;
    const key = admissionKey(room.id, room.secret);
    const instance = randomBytes(INSTANCE_BYTES);
    const name = printable(options.name).slice(0, MAX_NAME_CHARS);
    const me = (): Credentials => ({
      id: identity.id,
      name,
      addresses: lan.addresses(),
      room: room.id,
      key,
      instance,
    });

    const dialler = new Dialler(identity, options.dial?.originLocalAddress);
    const bulk = new Bulk(dialler, options.serve);
    const sessions = new Sessions({
      me,
      dialler,
      admissionMs: options.limits?.admissionMs ?? 5000,
      onUp: (session) => {
        bulk.add(session);
        options.onPeerUp(session);
      },
      onDown: (session, end) => {
        bulk.remove(session);
        options.onPeerDown(session, end);
      },
      onMessage: options.onMessage,
      onOpenBulk: (session, count) => bulk.dialBack(session, count),
    });
    const http2 = channelServer(
      (socket) => peerOf(socket),
      (channel, socket) => void sessions.accept(channel, () => listener.admit(socket)),
    );
    const listener = await Listener.listen({
      ...options,
      onSession: ({ socket }) => http2.emit('connection', socket),
      onBulk: async (connection) => (await sessions.admitted(connection.peer.id)) && bulk.adopt(connection),
    });
    const lan = new Lan(listener, sessions, bulk, options.advertise);
    return lan;
  }

  /** The TCP port this member listens on. */
  get port(): number {
    return this.#listener.port;
  }

  /** Where others may reach this member now, `host:port`, best first, at most 16. */
  addresses(): readonly string[] {
    return this.#advertise ?? listenAddresses(this.#listener.bindHost, this.port);
  }

  /** The members that have a session. */
  sessions(): readonly Session[] {
    return this.#sessions.all();
  }

  /**
   * Opens a session with the member at one of these addresses (`host:port`), or returns the existing one. With
   * `expect`, any other member is refused before anything is sent to it.
   * @throws DragonloadError `unreachable`, `wrong-vault`, `unknown-room`, `wrong-secret`, `room-failed`, `bad-peer`;
   * the signal's reason when aborted.
   */
  dial(
    addresses: readonly string[],
    options: { expect?: MemberId; signal?: AbortSignal } = {},
  ): Promise<Session> {
    return this.#sessions.dial(addresses, options.expect, options.signal);
  }

  /** Pulls bytes from a member. Rejects only when a callback throws. */
  async pull(options: LanPullOptions): Promise<PullResult> {
    const pool = this.#bulk.pool(options.peer);
    return pool === undefined
      ? { outcome: 'broken', message: 'there is no session with the member' }
      : await pool.pull(options);
  }

  /** Bans a member that misbehaved: ends its session, and opens no other one. */
  ban(peer: MemberId, reason: string): void {
    this.#sessions.ban(peer, reason);
  }

  /** Sends what is queued, ends every session, closes the port. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#sessions.close('This member leaves.');
      await this.#listener[Symbol.asyncDispose]();
    })();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
