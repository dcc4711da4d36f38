import type { Command, Event, SignatureFacts } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { DownloadId, MemberId, RoomId } from '../../core/ids.ts';
import type { Message, Offer, PieceRecord } from '../../core/messages.ts';
import type { Identity } from '../../lan/identity/identity.ts';
import { signRecord, verifyRecord } from '../../lan/identity/records.ts';
import { Lan, type Session, type SessionEnd } from '../../lan/lan.ts';
import type { TaskEvent } from '../base/task.ts';
import type { MemberDownload } from '../download/member-download.ts';
import type { PullFrom } from '../download/piece-exchange.ts';
import { Serving, type ServingOptions } from './serving.ts';

export interface RoomAccess {
  readonly id: RoomId;
  /** base64url of 16 bytes. */
  readonly secret: string;
}

export interface RoomSessionOptions {
  readonly identity: Identity;
  readonly access: RoomAccess;
  /** TCP port to listen on; 0 lets the system choose. */
  readonly port: number;
  /** How the others see this member. */
  readonly name: string;
  /** The address of this machine from which the origin is reached. */
  readonly originLocalAddress: () => string | undefined;
  /** What signatures are checked with. */
  readonly facts: () => SignatureFacts;
  /** Where the pieces of a download are that this member has. */
  readonly fileOf: (download: DownloadId) => Pick<MemberDownload, 'read'> | undefined;
  readonly dispatch: (event: Event) => void;
  readonly emit: (event: TaskEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * This member's sessions with the others: carries the core's messages both ways, checks what is signed, bans who lies or
 * breaks the protocol, and serves pieces. Disposing of it ends all sessions and closes the port.
 */
export class RoomSession implements AsyncDisposable {
  readonly #options: RoomSessionOptions;
  readonly #sessions = new Map<MemberId, Session>();
  readonly #serving: Serving;
  #lan!: Lan;

  /** Opens the port. Throws `port-busy`. */
  static async open(options: RoomSessionOptions): Promise<RoomSession> {
    const room = new RoomSession(options);
    const { identity, access, port, name, originLocalAddress, signal } = options;
    room.#lan = await Lan.start({
      identity,
      port,
      room: access,
      name,
      dial: { originLocalAddress },
      serve: (request, gone) => room.#serving.serve(request, gone),
      onPeerUp: (session) => room.#peerUp(session),
      onMessage: (session, message) => room.#receive(session, message),
      onPeerDown: (session, end) => room.#peerDown(session, end),
    });
    // The member may have ended while the port was being opened: then nobody else closes it.
    if (signal.aborted) await room.#lan.close();
    signal.throwIfAborted();
    return room;
  }

  private constructor(options: RoomSessionOptions) {
    this.#options = options;
    const { dispatch, fileOf } = options;
    const read: ServingOptions['read'] = async (download, target, offset) =>
      await fileOf(download)!.read(target, offset);
    this.#serving = new Serving({ dispatch, read });
  }

  /** Where this member can be reached, best first. */
  addresses(): readonly string[] {
    return this.#lan.addresses();
  }

  /** Opens a session with whoever answers at one of these addresses. `expect`: who that has to be. */
  async dial(addresses: readonly string[], expect?: MemberId): Promise<void> {
    const { signal } = this.#options;
    await this.#lan.dial(addresses, { ...(expect === undefined ? {} : { expect }), signal });
  }

  /** Carries out a command of the core that concerns sessions. Returns false for any other. */
  execute(command: Command): boolean {
    switch (command.type) {
      case 'send':
        this.#sessions.get(command.to)?.send(command.message);
        return true;
      case 'dial':
        // A dial that fails is the core's to repeat.
        this.dial(command.addresses, command.peer).catch(() => {});
        return true;
      case 'drop':
        this.#ban(command.peer, command.reason);
        return true;
      case 'serve':
      case 'refuse-serve':
        this.#serving.answer(command);
        return true;
      default:
        return false;
    }
  }

  /** Gets bytes from a member; records whose signatures are wrong are left out. */
  readonly pull: PullFrom = (request) => {
    const { onRecords } = request;
    return this.#lan.pull({
      ...request,
      onRecords: (records) => onRecords(records.filter((record) => this.#isProven(request.download, record))),
    });
  };

  /** A record by which this member vouches for a piece. */
  readonly sign = (offer: Offer, piece: number, sha256: Uint8Array): PieceRecord =>
    signRecord(this.#options.identity, offer.download, offer.pieceBytes, piece, sha256);

  async [Symbol.asyncDispose](): Promise<void> {
    this.#serving[Symbol.dispose]();
    await this.#lan[Symbol.asyncDispose]();
  }

  #peerUp(session: Session): void {
    this.#sessions.set(session.peer, session);
    const { peer, name, addresses, certificate } = session;
    this.#options.dispatch({ type: 'peer-up', peer, name, addresses, certificate });
  }

  #peerDown(session: Session, end: SessionEnd): void {
    if (this.#sessions.get(session.peer) !== session) return;
    if (end.kind === 'misbehaved')
      this.#ban(session.peer, `it broke the protocol (${end.message.replace(/\.$/, '')})`);
    this.#sessions.delete(session.peer);
    this.#options.dispatch({ type: 'peer-down', peer: session.peer });
  }

  #receive(session: Session, message: Message): void {
    const { dispatch, facts } = this.#options;
    if (this.#sessions.get(session.peer) !== session) return;
    if (message.type !== 'have') return dispatch({ type: 'message', from: session.peer, message });
    // Before the download was offered nothing can be checked; the records come again with the pieces.
    const records = facts().offerOf(message.download) ? message.records : [];
    // Members vouch for what they fetched themselves, in their own name.
    const isForged = records.some(
      (record) => record.signer !== session.peer || !this.#isProven(message.download, record),
    );
    if (isForged) return this.#ban(session.peer, 'it sent a record with a wrong signature');
    dispatch({ type: 'message', from: session.peer, message: { ...message, records } });
  }

  #isProven(download: DownloadId, record: PieceRecord): boolean {
    const facts = this.#options.facts();
    const offer = facts.offerOf(download);
    const certificate = facts.certificateOf(record.signer);
    if (!offer || !certificate) return false;
    // Most records come twice, with the news of a piece and with its bytes.
    const known = facts.recordOf(download, record.piece);
    if (known && isSameRecord(known, record)) return true;
    return verifyRecord(certificate, download, offer.pieceBytes, record);
  }

  #ban(peer: MemberId, reason: string): void {
    const name = this.#sessions.get(peer)?.name ?? peer.slice(0, 8);
    const error = new DragonloadError('bad-peer', `${name} was dropped: ${reason}.`, {
      facts: { name },
      hint: { kind: 'warn-member', name },
    });
    this.#options.emit({ type: 'error', error });
    this.#lan.ban(peer, reason);
  }
}

function isSameRecord(a: PieceRecord, b: PieceRecord): boolean {
  const { compare } = Buffer;
  return (
    a.signer === b.signer && compare(a.sha256, b.sha256) === 0 && compare(a.signature, b.signature) === 0
  );
}
