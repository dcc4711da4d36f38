import { DragonloadError } from '../../core/errors.ts';
import type { MemberId } from '../../core/ids.ts';
import { formatHostPort } from '../network/addresses.ts';
import type { Dialler, Link } from '../network/dialler.ts';
import { type Channel, openChannel } from './channel.ts';
import { admitAsAcceptor, admitAsDialler, type Credentials, type Introduction } from './handshake.ts';
import { dialError, Refused, refusalOf } from './refusal.ts';
import { LiveSession, type SessionEnd, type SessionEvents } from './session.ts';

export interface SessionsOptions {
  readonly me: () => Credentials;
  readonly dialler: Dialler;
  /** Longest time for an admission, on either side. */
  readonly admissionMs: number;
  readonly onUp: (session: LiveSession) => void;
  readonly onDown: (session: LiveSession, end: SessionEnd) => void;
  readonly onMessage: SessionEvents['onMessage'];
  readonly onOpenBulk: SessionEvents['onOpenBulk'];
}

/**
 * The sessions of this member: at most one with each other member, whichever side dialled.
 *
 * When two members dial each other at once, the one with the smaller id decides: while its own dial is being admitted
 * it refuses the other's (`already-connected`), and the other drops its own as soon as it has accepted. No session is
 * ever replaced while both sides believe it open, so no message on it is lost. A second dial from the same
 * member does replace the first: it would not dial if it still had that one. Nor would a restarted process.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #live = new Map<MemberId, LiveSession>();
  /** Own dials that have reached the member and are being admitted. */
  readonly #dialling = new Map<MemberId, { readonly result: Promise<LiveSession>; abort(): void }>();
  /** The number of admissions under way with a member, in either direction. */
  readonly #admitting = new Map<MemberId, number>();
  readonly #banned = new Set<MemberId>();
  /** Called when a session with the member opens, or an admission ends without one. */
  readonly #watchers = new Map<MemberId, Set<() => void>>();
  readonly #ticker = setInterval(() => this.#tick(), 1000).unref();
  #closed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get(peer: MemberId): LiveSession | undefined {
    return this.#live.get(peer);
  }

  all(): readonly LiveSession[] {
    return [...this.#live.values()];
  }

  /** Bans a member: ends its session, and opens no other one. */
  ban(peer: MemberId, reason: string): void {
    this.#banned.add(peer);
    this.#dialling.get(peer)?.abort();
    this.#live.get(peer)?.end({ kind: 'closed', message: reason });
  }

  /** Whether the member has a session; during an admission, waits for its outcome. */
  async admitted(peer: MemberId): Promise<boolean> {
    while (!this.#live.has(peer) && this.#admitting.has(peer)) await this.#change(peer);
    return this.#live.has(peer);
  }

  /**
   * The session with a member at one of the addresses, existing or new. @throws DragonloadError, or the signal's
   * reason.
   */
  async dial(
    addresses: readonly string[],
    expect: MemberId | undefined,
    signal: AbortSignal | undefined,
  ): Promise<LiveSession> {
    if (expect === undefined) return await this.#open(addresses, expect, signal);
    const live = this.#live.get(expect);
    if (live !== undefined) return live;
    // The other side may dial here first: the first session is taken.
    const both = new AbortController();
    const signals = AbortSignal.any(signal === undefined ? [both.signal] : [both.signal, signal]);
    try {
      return await Promise.race([this.#open(addresses, expect, signals), this.#arrival(expect, signals)]);
    } finally {
      both.abort();
    }
  }

  /** An unknown peer has opened a stream: admits or refuses it. `onAdmitted` is called before its first message. */
  async accept(channel: Channel, onAdmitted: () => void): Promise<void> {
    const timer = setTimeout(() => channel.destroy(), this.#options.admissionMs);
    const done = this.#admissionBegins(channel.peer.id);
    let session: LiveSession | undefined;
    try {
      session = await admitAsAcceptor(channel, this.#options.me(), (introduction) => {
        this.#decide(channel, introduction);
        return () => {
          onAdmitted();
          return this.#install(channel, introduction, undefined);
        };
      });
    } catch (error) {
      channel.end(error);
      channel.shut();
    } finally {
      clearTimeout(timer);
      done();
    }
    await session?.run();
  }

  /** Ends all sessions, each once its queued messages are sent. */
  async close(reason: string): Promise<void> {
    this.#closed = true;
    clearInterval(this.#ticker);
    for (const dial of this.#dialling.values()) dial.abort();
    const sessions = this.all();
    for (const session of sessions) session.close(reason);
    await Promise.all(sessions.map((session) => session.gone()));
  }

  /** Throws unless the dialler, which has proved itself, may have a session now. Ends an older session with it. */
  #decide(channel: Channel, { instance }: Introduction): void {
    const { id } = channel.peer;
    const me = this.#options.me().id;
    if (this.#closed) throw new Refused('full', 'this member is leaving');
    if (this.#banned.has(id) || id === me) throw new Refused('banned', 'this member is not let in');
    const live = this.#live.get(id);
    if (live?.dialled !== undefined && live.instance === instance)
      throw new Refused('already-connected', 'there is a session already');
    const own = this.#dialling.get(id);
    if (own !== undefined && me < id)
      throw new Refused('already-connected', 'this member is dialling, and goes first');
    live?.end({ kind: 'replaced', message: 'The member has opened a new session.' });
    own?.abort();
  }

  async #open(
    addresses: readonly string[],
    expect: MemberId | undefined,
    signal: AbortSignal | undefined,
  ): Promise<LiveSession> {
    const link = await this.#options.dialler.dial(addresses, { protocol: 'h2', expect, signal });
    const peer = link.peer.id;
    const other = this.#live.get(peer) ?? this.#dialling.get(peer)?.result;
    if (other !== undefined || this.#banned.has(peer) || this.#closed) {
      link.socket.destroy();
      if (other !== undefined) return await other;
      throw new DragonloadError('bad-peer', 'This member is banned because of what it sent before.');
    }
    const channel = openChannel(link.socket, link.peer);
    const abort = () => {
      // Once the session is open, the end of the dial must not close it.
      if (this.#dialling.get(peer)?.abort === abort) channel.destroy();
    };
    const result = this.#introduce(link, channel, signal);
    this.#dialling.set(peer, { result, abort });
    signal?.addEventListener('abort', abort);
    try {
      return await result;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async #introduce(link: Link, channel: Channel, signal: AbortSignal | undefined): Promise<LiveSession> {
    const peer = link.peer.id;
    const timer = setTimeout(() => channel.destroy(), this.#options.admissionMs);
    const done = this.#admissionBegins(peer);
    try {
      // The caller has to register this dial before it can have a result.
      await Promise.resolve();
      const introduced = await admitAsDialler(channel, this.#options.me());
      this.#dialling.delete(peer);
      if (this.#live.has(peer) || this.#banned.has(peer) || this.#closed) throw new Error('no longer wanted');
      const session = this.#install(channel, introduced, link);
      void session.run();
      return session;
    } catch (error) {
      this.#dialling.delete(peer);
      channel.destroy();
      const live = this.#live.get(peer);
      if (live !== undefined) return live;
      if (signal?.aborted) throw signal.reason;
      if (refusalOf(error) === 'already-connected') return await this.#arrivalSoon(peer, signal);
      throw dialError(error);
    } finally {
      this.#dialling.delete(peer);
      clearTimeout(timer);
      done();
    }
  }

  #install(channel: Channel, introduced: Introduction, link: Link | undefined): LiveSession {
    const session = new LiveSession(channel, introduced, link?.address, {
      onMessage: this.#options.onMessage,
      onOpenBulk: this.#options.onOpenBulk,
      onEnd: (ended, end) => {
        if (this.#live.get(ended.peer) === ended) this.#live.delete(ended.peer);
        this.#options.onDown(ended, end);
      },
    });
    this.#live.set(session.peer, session);
    this.#options.onUp(session);
    this.#changed(session.peer);
    return session;
  }

  /** Resolves with the session that a member opens. */
  async #arrival(peer: MemberId, signal: AbortSignal): Promise<LiveSession> {
    for (;;) {
      signal.throwIfAborted();
      const live = this.#live.get(peer);
      if (live !== undefined) return live;
      await this.#change(peer, signal);
    }
  }

  /** For a dial that the other side refused because there is a session, or because it is about to open one. */
  async #arrivalSoon(peer: MemberId, signal: AbortSignal | undefined): Promise<LiveSession> {
    const timeout = AbortSignal.timeout(this.#options.admissionMs);
    try {
      return await this.#arrival(peer, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
    } catch {
      if (signal?.aborted) throw signal.reason;
      throw new DragonloadError(
        'unreachable',
        'The member still keeps a session that has ended on this side.',
        {
          hint: { kind: 'try-later' },
        },
      );
    }
  }

  #admissionBegins(peer: MemberId): () => void {
    this.#admitting.set(peer, (this.#admitting.get(peer) ?? 0) + 1);
    return () => {
      const left = this.#admitting.get(peer)! - 1;
      if (left > 0) this.#admitting.set(peer, left);
      else this.#admitting.delete(peer);
      this.#changed(peer);
    };
  }

  #changed(peer: MemberId): void {
    const watchers = this.#watchers.get(peer);
    this.#watchers.delete(peer);
    for (const wake of watchers ?? []) wake();
  }

  #tick(): void {
    for (const session of this.#live.values()) session.tick();
  }

  #change(peer: MemberId, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watchers = this.#watchers.get(peer) ?? new Set();
    this.#watchers.set(peer, watchers.add(resolve));
    signal?.addEventListener(
      'abort',
      () => {
        watchers.delete(resolve);
        resolve();
      },
      { once: true },
    );
    return promise;
  }
}

/** The addresses to dial a member at: first those that have worked, then those that it has told. */
export function addressesOf(session: LiveSession): readonly string[] {
  const dialled = session.dialled === undefined ? [] : [formatHostPort(session.dialled)];
  return [...new Set([...dialled, ...session.addresses])];
}
