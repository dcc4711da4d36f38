import type { SecureContext, TLSSocket } from 'node:tls';
import { DragonloadError } from '../../core/errors.ts';
import type { MemberId } from '../../core/ids.ts';
import type { Identity } from '../identity/identity.ts';
import { formatHostPort, type HostPort, localAddresses, parseHostPort } from './addresses.ts';
import { AllFailed, type Failure, race } from './race.ts';
import { rankAddresses } from './rank.ts';
import { SocketReader } from './socket-reader.ts';
import { connectTls, diallerContext, type Peer, type Protocol } from './tls.ts';

/** After this time without an answer the next address is tried as well. */
export const STAGGER_MS = 200;

/** A TLS connection that this side has opened. */
export interface Link {
  readonly socket: TLSSocket;
  readonly peer: Peer;
  readonly address: HostPort;
  /** The reader that was asked for: all bytes that arrive go to its sink. */
  readonly reader: SocketReader | undefined;
}

export interface DialOptions {
  readonly protocol: Protocol;
  /**
   * The member that must answer; for any other the connection is closed before anything is sent. Undefined: any member
   * but this one.
   */
  readonly expect: MemberId | undefined;
  /** Whether to read with a `SocketReader`: for connections on which this side sends requests. */
  readonly read?: boolean;
  /** An address that has worked before: tried first among equal ones. */
  readonly known?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens TLS connections to members, racing their addresses. */
export class Dialler {
  readonly #identity: Identity;
  readonly #context: SecureContext;
  readonly #originLocalAddress: () => string | undefined;

  constructor(identity: Identity, originLocalAddress: () => string | undefined = () => undefined) {
    this.#identity = identity;
    this.#context = diallerContext(identity);
    this.#originLocalAddress = originLocalAddress;
  }

  /**
   * A connection to the first address at which the right member answers.
   * @throws DragonloadError `unreachable` with what was tried, `wrong-vault` when only others answered; the signal's
   * reason.
   */
  async dial(addresses: readonly string[], options: DialOptions): Promise<Link> {
    const candidates = rankAddresses(
      addresses.flatMap((address) => parseHostPort(address) ?? []),
      { local: localAddresses(), originLocalAddress: this.#originLocalAddress(), known: options.known },
    );
    try {
      return await race(candidates, (address, signal) => this.#attempt(address, options, signal), {
        staggerMs: STAGGER_MS,
        discard: ({ socket }) => socket.destroy(),
        signal: options.signal,
      });
    } catch (error) {
      throw error instanceof AllFailed ? unreachable(error.failures as readonly Failure<HostPort>[]) : error;
    }
  }

  async #attempt(
    address: HostPort,
    { protocol, expect, read }: DialOptions,
    signal: AbortSignal,
  ): Promise<Link> {
    const reader = read === true ? new SocketReader() : undefined;
    const { socket, peer } = await connectTls(address, { context: this.#context, protocol, reader, signal });
    const wrong = this.#objection(peer, expect);
    // From here on the user of the connection learns of a failure by its end.
    socket.on('error', () => {});
    if (wrong !== undefined) {
      socket.destroy();
      throw wrong;
    }
    return { socket, peer, address, reader };
  }

  #objection(peer: Peer, expect: MemberId | undefined): Error | undefined {
    if (expect !== undefined && peer.id !== expect) return new WrongMember(peer.id === this.#identity.id);
    return peer.id === this.#identity.id ? new WrongMember(true) : undefined;
  }
}

/** Another member than the wanted one answered. */
class WrongMember extends Error {
  readonly self: boolean;
  constructor(self: boolean) {
    super(self ? 'this member itself answers there' : 'someone else answers there');
    this.self = self;
  }
}

function unreachable(failures: readonly Failure<HostPort>[]): DragonloadError {
  const tried = failures
    .map(({ candidate, error }) => `${formatHostPort(candidate)} (${reason(error)})`)
    .join(', ');
  const cause = failures[0]?.error;
  if (failures.length === 0) {
    return new DragonloadError(
      'unreachable',
      'The member has told no address at which it could be reached.',
      {
        hint: { kind: 'ask-for-fresh-invite', why: 'no-address' },
      },
    );
  }
  if (failures.some(({ error }) => error instanceof WrongMember && !error.self)) {
    return new DragonloadError('wrong-vault', `Another member than the wanted one answers: ${tried}.`, {
      hint: { kind: 'suspect-network' },
      cause,
    });
  }
  const silent = failures.every(
    ({ error }) => error instanceof Error && error.message === 'no answer in time',
  );
  const self = failures.some(({ error }) => error instanceof WrongMember && error.self);
  return new DragonloadError('unreachable', `The member could not be reached: ${tried}.`, {
    hint: self ? { kind: 'separate-homes' } : { kind: 'check-member', isSilent: silent },
    cause,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'hung up',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no route',
  ENOTFOUND: 'unknown name',
  EAI_AGAIN: 'unknown name',
};

function reason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  // The message of OpenSSL does not help users, and has line breaks.
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'no Dragonload answers there';
  return REASONS[code] ?? message ?? String(error);
}
