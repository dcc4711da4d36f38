import { Code, ConnectError } from '@connectrpc/connect';
import { DragonloadError } from '../../core/errors.ts';
import type { MemberId } from '../../core/ids.ts';
import type { Message } from '../../core/messages.ts';
import type { HostPort } from '../network/addresses.ts';
import { violation } from '../wire/wire-checks.ts';
import { decodeMessage } from '../wire/wire-decode.ts';
import { encodeMessage, frameOf } from '../wire/wire-encode.ts';
import type { Channel } from './channel.ts';
import type { Introduction } from './handshake.ts';

/** An open session with an admitted member. */
export interface Session {
  readonly peer: MemberId;
  readonly name: string;
  /** The addresses at which the member says that it listens, `host:port`, best first. */
  readonly addresses: readonly string[];
  /** DER. */
  readonly certificate: Uint8Array;
  /** Queues a message. After the end it is ignored. */
  send(message: Message): void;
  /** Ends the session once all queued messages are sent. */
  close(reason: string): void;
}

/**
 * Why a session ended. `closed`: by this side. `left`: by the other side, in order. `broken`: the connection failed.
 * `silent`: no frame came for 5 s. `misbehaved`: it broke the protocol. `replaced`: it has opened a new one.
 */
export interface SessionEnd {
  readonly kind: 'closed' | 'left' | 'broken' | 'silent' | 'misbehaved' | 'replaced';
  readonly message: string;
}

/** The receivers of what arrives on a session. */
export interface SessionEvents {
  onMessage(session: LiveSession, message: Message): void;
  onOpenBulk(session: LiveSession, count: number): void;
  onEnd(session: LiveSession, end: SessionEnd): void;
}

/** A session is given up after this many seconds without a frame. */
const MAX_SILENT_TICKS = 5;
/** How long a closing session waits for the other side to end as well. */
const FAREWELL_MS = 1000;

/** One session, from its admission to its end. */
export class LiveSession implements Session {
  readonly peer: MemberId;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly certificate: Uint8Array;
  readonly remoteAddress: string;
  /** Identifies the other process; another value with the same identity means that it was restarted. */
  readonly instance: string;
  /** The address that this side dialled; undefined when the other side dialled. */
  readonly dialled: HostPort | undefined;
  readonly #channel: Channel;
  readonly #events: SessionEvents;
  #silentTicks = 0;
  #ended = false;
  readonly #readAll = Promise.withResolvers<void>();

  constructor(
    channel: Channel,
    introduction: Introduction,
    dialled: HostPort | undefined,
    events: SessionEvents,
  ) {
    this.peer = channel.peer.id;
    this.certificate = channel.peer.certificate;
    this.name = introduction.name;
    this.addresses = introduction.addresses;
    this.instance = introduction.instance;
    this.remoteAddress = channel.remoteAddress;
    this.dialled = dialled;
    this.#channel = channel;
    this.#events = events;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Reads frames until the end. Never throws. */
  async run(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.#channel.receive();
        if (frame === undefined) break;
        // After this side's end only the end of the other side matters.
        if (this.#ended) continue;
        this.#silentTicks = 0;
        if (frame.kind.case === 'openBulk') {
          const { count } = frame.kind.value;
          if (count < 1 || count > 4) throw violation('a wish for too many connections');
          this.#events.onOpenBulk(this, count);
          continue;
        }
        const message = decodeMessage(frame);
        if (message !== undefined) this.#events.onMessage(this, message);
      }
      this.end({ kind: 'left', message: 'The member ended the session.' });
    } catch (error) {
      // A failure on this side is not the other side's fault.
      const misbehaved =
        (error instanceof DragonloadError && error.code === 'bad-peer') || isUnreadable(error);
      const message = error instanceof Error ? error.message : String(error);
      this.end({ kind: misbehaved ? 'misbehaved' : 'broken', message }, misbehaved ? error : undefined);
    } finally {
      this.#readAll.resolve();
    }
  }

  send(message: Message): void {
    for (const frame of encodeMessage(message)) this.#push(frame);
  }

  /** Asks the other side to dial back `count` connections for bulk bytes. */
  sendOpenBulk(count: number): void {
    this.#push(frameOf({ case: 'openBulk', value: { count } }));
  }

  close(reason: string): void {
    this.end({ kind: 'closed', message: reason });
  }

  /** Called once a second. Counted rather than timed, so that a pause of this process does not end sessions. */
  tick(): void {
    if (++this.#silentTicks > MAX_SILENT_TICKS)
      this.end({ kind: 'silent', message: 'Nothing was heard of the member for 5 s.' });
  }

  /** Resolves when the other side has ended too, and so has read everything; or after a second in which nothing was sent. */
  async gone(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let taken = this.#channel.taken;
    const timer = setInterval(() => {
      if (this.#channel.taken === taken) resolve();
      taken = this.#channel.taken;
    }, FAREWELL_MS);
    await Promise.race([promise, this.#readAll.promise]);
    clearInterval(timer);
  }

  /** Ends the session for the given reason; only the first call counts. */
  end(end: SessionEnd, error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#channel.end(error);
    if (end.kind === 'broken' || end.kind === 'silent') this.#channel.destroy();
    else if (end.kind === 'misbehaved') this.#channel.shut();
    // The end of the stream must reach the other side before the connection closes.
    else void this.gone().then(() => this.#channel.destroy());
    this.#events.onEnd(this, end);
  }

  #push(frame: Parameters<Channel['send']>[0]): void {
    if (!this.#channel.send(frame)) this.end({ kind: 'broken', message: 'The member reads too slowly.' });
  }
}

/** Whether a frame was too large or not protobuf, by the error of this side's RPC runtime. */
function isUnreadable(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  return error.code === Code.ResourceExhausted || error.rawMessage.startsWith('parse binary');
}
