import { isPossibleSize } from '../geometry.ts';
import type { DownloadId, MemberId, RoomId } from '../ids.ts';
import type { Message, Offer, PieceRecord } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';
import { Room } from '../rooms/room.ts';
import type { View } from '../view.ts';
import type { AddDownload, Command, Event, PeerUp } from './api.ts';
import { Catalogue } from './catalogue.ts';
import { Coordination } from './coordination.ts';
import { DownloadCore } from './download-core.ts';
import { type DownloadEvent, passOn } from './download-events.ts';
import { Outbox } from './outbox.ts';
import { MAX_STATUSES, Statuses, undecided } from './statuses.ts';
import { buildView } from './view-builder.ts';

/** Everybody hears from this member at least this often; it is also the heartbeat. */
const STATUS_MS = 500;
/** In a large room a little less often: their number grows with the square of the members. */
const STATUS_MANY_MS = 900;
const MANY_SESSIONS = 5;
/** What was said once is said again this often: a lost message costs time, never a piece. */
const REPEAT_MS = 5_000;

export interface MemberCoreOptions {
  readonly me: MemberId;
  readonly name: string;
  readonly certificate: Uint8Array;
  /** Where this member listens, best first. */
  readonly addresses: readonly string[];
  readonly room: { readonly id: RoomId; readonly invite: string } | undefined;
  /**
   * 1 for whoever opens the room (or downloads alone); a given place in a static list; undefined for a joiner, which
   * is told its place by the coordinator.
   */
  readonly seniority: number | undefined;
  /** Uniform in [0, 1). Seeded in the simulator. */
  readonly random: () => number;
}

/**
 * A member's decisions: rooms, leases, streams, pulls. It composes the room (who is there, who coordinates), the
 * coordinator (when it is this member) and one `DownloadCore` per download, and passes each event to whom it concerns.
 */
export class MemberCore {
  readonly #options: MemberCoreOptions;
  readonly #room: Room;
  readonly #coordination: Coordination;
  readonly #catalogue: Catalogue;
  readonly #downloads = new Map<DownloadId, DownloadCore>();
  readonly #statuses = new Statuses();
  /** Offers that the user has not answered yet. */
  readonly #offered = new Set<DownloadId>();
  readonly #outbox = new Outbox();
  #statusAtMs = 0;
  #hasLeft = false;
  #repeatAtMs = REPEAT_MS;

  constructor(options: MemberCoreOptions) {
    this.#options = options;
    const { me: id, name, addresses, certificate } = options;
    this.#room = new Room({ me: { id, name, addresses, certificate }, seniority: options.seniority });
    this.#catalogue = new Catalogue(this.#room.sessions);
    this.#coordination = new Coordination({ me: id, room: this.#room, outbox: this.#outbox });
  }

  /** Tells what happened. `nowMs` never goes back. */
  handle(event: Event, nowMs: number): void {
    if (this.#hasLeft) return;
    this.#dispatch(event, nowMs);
    this.#settle(nowMs);
  }

  /** Commands since the last call, in order. */
  drain(): readonly Command[] {
    return this.#outbox.drain();
  }

  /** When the core wants to be woken with a `tick`, if nothing happens before. */
  deadline(): number | undefined {
    if (this.#hasLeft) return undefined;
    const candidates = [this.#room.deadline(), this.#coordination.deadline()];
    for (const download of this.#downloads.values()) candidates.push(download.deadline());
    if (this.#room.sessions.size > 0) candidates.push(this.#statusAtMs, this.#repeatAtMs);
    const times = candidates.filter((at) => at !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  view(nowMs: number): View {
    return buildView(
      { me: this.#options.me, name: this.#options.name, room: this.#options.room },
      this.#room,
      [...this.#downloads.values()],
      this.#statuses,
      nowMs,
    );
  }

  /** What may be sent to a member that asks for these bytes, see `DownloadCore.serve`. */
  serve(download: DownloadId, range: ByteRange): readonly PieceRecord[] | undefined {
    return this.#downloads.get(download)?.state.serve(range);
  }

  get me(): MemberId {
    return this.#options.me;
  }

  offerOf(download: DownloadId): Offer | undefined {
    return this.#catalogue.get(download)?.offer;
  }

  /** How many other members this one has ever heard of. */
  get seenMembers(): number {
    return this.#room.members.filter(({ id }) => id !== this.#options.me).length;
  }

  /** The record of a piece that is believed so far. */
  recordOf(download: DownloadId, piece: number): PieceRecord | undefined {
    return this.#catalogue.get(download)?.record(piece);
  }

  /** How many other members hold a piece. */
  holdersOf(download: DownloadId, piece: number): number {
    return this.#catalogue.get(download)?.availability.count(piece) ?? 0;
  }

  /** Whether a member lacks pieces, as far as is known. */
  isIncomplete(download: DownloadId, member: MemberId): boolean {
    return this.#catalogue.get(download)?.availability.isIncomplete(member) ?? false;
  }

  /** Who signed the pieces that this member holds. */
  signersOf(download: DownloadId): ReadonlySet<MemberId> {
    return this.#downloads.get(download)?.state.signers() ?? new Set();
  }

  /** Why a download failed, once it has. */
  failureOf(download: DownloadId): string | undefined {
    return this.#downloads.get(download)?.state.failure;
  }

  /** The certificate of a member, present or gone, to check what it signed. */
  certificateOf(member: MemberId): Uint8Array | undefined {
    return member === this.#options.me ? this.#options.certificate : this.#room.member(member)?.certificate;
  }

  /** Whether a member that is present lacks pieces of a download that this member has, and is still at it. */
  isNeeded(): boolean {
    return this.#statuses.anyAtWork(this.#room.sessions, (download) => this.#downloads.has(download));
  }

  #dispatch(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'tick':
        this.#room.tick(nowMs);
        this.#coordination.tick(nowMs);
        for (const download of this.#downloads.values()) download.tick(nowMs);
        return;
      case 'peer-up':
        return this.#peerUp(event, nowMs);
      case 'peer-down':
        return this.#peerDown(event.peer, this.#outbox.hasDropped(event.peer), nowMs);
      case 'message':
        if (this.#room.sessions.has(event.from)) this.#receive(event.from, event.message, nowMs);
        return;
      case 'add-download':
        return this.#addDownload(event, nowMs);
      case 'declined':
        this.#offered.delete(event.download);
        return;
      case 'leave':
        this.#hasLeft = true;
        for (const download of this.#downloads.values()) download.stop();
        return this.#broadcast({ type: 'bye' });
      default:
        return this.#toDownload(event, nowMs);
    }
  }

  #toDownload(event: DownloadEvent, nowMs: number): void {
    const download = this.#downloads.get(event.download);
    if (!download) return;
    if (event.type === 'finished' || event.type === 'failed') this.#statusAtMs = nowMs;
    if (!passOn(download, event, nowMs)) return;
    // The size is news for everybody.
    const { offer, knowledge } = download.state;
    knowledge.offered(offer);
    this.#broadcast(offer);
    this.#coordination.offer(offer, nowMs);
  }

  #peerUp(event: PeerUp, nowMs: number): void {
    const { peer, name, addresses, certificate } = event;
    if (peer === this.#options.me) return;
    // A new session in the place of one that nobody saw end: the member may have begun anew.
    this.#peerDown(peer, false, nowMs);
    this.#room.peerUp({ id: peer, name, addresses, certificate }, nowMs);
    // A newcomer must know who coordinates before it can believe an offer.
    this.#drainRoom(nowMs);
    this.#catalogue.peerUp(peer);
    this.#coordination.memberUp(peer, nowMs);
    if (this.#coordination.isMine)
      for (const offer of this.#catalogue.offers()) this.#outbox.send(peer, offer);
    for (const download of this.#downloads.values()) this.#outbox.send(peer, download.state.haveAll());
    this.#outbox.send(peer, this.#status(nowMs));
    this.#outbox.push({ type: 'member-joined', peer, name });
  }

  #peerDown(peer: MemberId, forGood: boolean, nowMs: number): void {
    if (!this.#room.sessions.has(peer)) return;
    this.#statuses.delete(peer);
    this.#outbox.push({ type: 'member-left', peer, name: this.#room.member(peer)?.name ?? peer });
    this.#room.peerDown(peer, forGood, nowMs);
    this.#coordination.memberDown(peer, nowMs);
    this.#catalogue.peerDown(peer);
    for (const download of this.#downloads.values()) download.peerDown(peer, nowMs);
  }

  #receive(from: MemberId, message: Message, nowMs: number): void {
    switch (message.type) {
      case 'coordinate':
        return this.#room.onCoordinate(from, message);
      case 'roster':
        this.#room.onRoster(from, message, nowMs);
        return;
      case 'offer':
        return this.#onOffer(from, message, nowMs);
      case 'have': {
        const knowledge = this.#catalogue.hear(message.download);
        const mine = this.#downloads.get(message.download);
        for (const record of message.records) mine ? mine.learn(record, nowMs) : knowledge.learn(record);
        if (!knowledge.have(from, message)) {
          const reason = 'it claims to have pieces that the file does not have';
          this.#outbox.push({ type: 'drop', peer: from, reason });
          return;
        }
        this.#coordination.have(from, message, nowMs);
        return mine?.onHave(message.runs, nowMs);
      }
      case 'fragment':
        return this.#downloads.get(message.download)?.onFragment(from, message, nowMs);
      case 'status':
        this.#statuses.set(from, message.downloads);
        return;
      case 'report':
        return this.#coordination.report(from, message, nowMs);
      case 'grant':
      case 'revoke':
        // Only the present coordinator, in its present term, says who fetches what.
        if (from !== this.#room.coordinator || message.epoch !== this.#room.epoch) return;
        return this.#obey(message, nowMs);
      case 'bye':
        this.#room.left(from);
        return this.#peerDown(from, true, nowMs);
    }
  }

  #onOffer(from: MemberId, offer: Offer, nowMs: number): void {
    if (this.#catalogue.get(offer.download)?.offer) return this.#learnSize(from, offer, nowMs);
    const size = offer.identity.sizeBytes;
    if (size !== undefined && !isPossibleSize(size, offer.pieceBytes)) return;
    // A coordinator that took over, or that was never told, hears of the downloads from the members.
    if (from !== this.#room.coordinator && !this.#room.isCoordinator) return;
    if (!this.#catalogue.offered(offer, false)) return;
    if (this.#coordination.isMine) {
      this.#coordination.offer(offer, nowMs);
      this.#broadcast(offer);
    }
    this.#offered.add(offer.download);
    this.#outbox.push({ type: 'offered', offer });
  }

  /** Whoever streams a file of unknown length learns its size first; nothing else of an offer may change. */
  #learnSize(from: MemberId, { download, identity: { sizeBytes } }: Offer, nowMs: number): void {
    const knowledge = this.#catalogue.get(download);
    const offer = knowledge?.offer;
    if (!offer || offer.identity.sizeBytes !== undefined || sizeBytes === undefined) return;
    const mine = this.#downloads.get(download);
    // What this member will see for itself it need not be told.
    if (!isPossibleSize(sizeBytes, offer.pieceBytes) || mine?.isStreaming) return;
    const sized = { ...offer, identity: { ...offer.identity, sizeBytes } };
    knowledge.offered(sized);
    if (mine) mine.state.sizeFrom = from;
    mine?.sizeKnown(sizeBytes, nowMs);
    this.#coordination.offer(sized, nowMs);
  }

  #addDownload(added: AddDownload, nowMs: number): void {
    const { offer } = added;
    if (this.#downloads.has(offer.download)) return;
    const known = this.#catalogue.get(offer.download)?.offer;
    const isNew = known === undefined;
    if (isNew) this.#catalogue.offered(offer, true);
    const download = new DownloadCore({
      me: this.#options.me,
      added,
      knowledge: this.#catalogue.hear(offer.download),
      random: this.#options.random,
      emit: (command) => this.#outbox.push(command),
      broadcast: (message) => this.#broadcast(message),
      toCoordinator: (message) => this.#coordination.tell(message),
      nowMs,
    });
    download.coordinatorChanged(this.#room.epoch);
    this.#downloads.set(offer.download, download);
    // Until this member has looked at the origin, or has streamed to the end, the size is the word of others.
    const sizeBytes = known?.identity.sizeBytes;
    if (sizeBytes !== undefined) {
      download.state.sizeFrom = this.#room.coordinator ?? 'the room';
      download.sizeKnown(sizeBytes, nowMs);
    }
    if (this.#coordination.isMine) {
      this.#coordination.offer(download.state.offer, nowMs);
      if (isNew) for (const peer of this.#room.sessions) this.#outbox.send(peer, download.state.offer);
    }
    if (download.state.ledger.heldCount > 0) this.#broadcast(download.state.haveAll());
    download.schedule(nowMs);
  }

  /** After every event: carries on what it has set off, until nothing is left to do now. */
  #settle(nowMs: number): void {
    this.#startNext(nowMs);
    for (let again = true; again; ) {
      again = false;
      if (this.#drainRoom(nowMs)) again = true;
      for (const download of this.#downloads.values()) download.flush(nowMs);
      for (const message of this.#coordination.drain(nowMs)) {
        again = true;
        this.#obey(message, nowMs);
      }
    }
    for (const download of this.#downloads.values()) {
      const othersFetch = this.#statuses.anyFetching(this.#room.sessions, download.state.offer.download);
      download.giveUpIfHopeless(othersFetch, nowMs);
    }
    if (nowMs >= this.#repeatAtMs && this.#room.sessions.size > 0) {
      this.#repeatAtMs = nowMs + REPEAT_MS;
      this.#repeat();
    }
    if (nowMs >= this.#statusAtMs && this.#room.sessions.size > 0) {
      this.#statusAtMs = nowMs + (this.#room.sessions.size > MANY_SESSIONS ? STATUS_MANY_MS : STATUS_MS);
      this.#broadcast(this.#status(nowMs));
    }
  }

  /** Says again what others may have missed. */
  #repeat(): void {
    if (this.#coordination.isMine) {
      this.#room.repeat();
      this.#outbox.push(...(this.#room.drain() as Command[]));
      for (const offer of this.#catalogue.offers()) this.#broadcast(offer);
    }
    for (const download of this.#downloads.values()) this.#broadcast(download.state.haveAll());
  }

  /** Returns whether there was anything. */
  #drainRoom(nowMs: number): boolean {
    const commands = this.#room.drain();
    for (const command of commands) {
      if (command.type === 'coordinator-changed') this.#coordinatorChanged(nowMs);
      else this.#outbox.push(command);
    }
    return commands.length > 0;
  }

  /** The coordinator says what this member has to fetch. */
  #obey(message: Message, nowMs: number): void {
    if (message.type === 'grant') this.#downloads.get(message.download)?.onGrant(message, nowMs);
    else if (message.type === 'revoke') this.#downloads.get(message.download)?.onRevoke(message, nowMs);
  }

  /** Downloads are worked on one after the other, in the room's order. */
  #startNext(nowMs: number): void {
    const inOrder = [...this.#downloads.values()].sort((a, b) => a.state.offer.order - b.state.offer.order);
    inOrder.find((download) => !download.state.isOver)?.start(nowMs);
  }

  #coordinatorChanged(nowMs: number): void {
    this.#coordination.changed(this.#catalogue.offers(), nowMs);
    for (const download of this.#downloads.values()) {
      download.coordinatorChanged(this.#room.epoch);
      this.#coordination.tell(download.state.haveAll());
    }
  }

  #status(nowMs: number): Message {
    const mine = [...this.#downloads.values()];
    // If there are too many, those that are over can be left out.
    mine.sort((a, b) => Number(a.state.isOver) - Number(b.state.isOver));
    const downloads = mine.map((download) => download.status(nowMs));
    for (const download of this.#offered)
      if (!this.#downloads.has(download)) downloads.push(undecided(download));
    return { type: 'status', downloads: downloads.slice(0, MAX_STATUSES) };
  }

  #broadcast(message: Message): void {
    for (const peer of this.#room.sessions) this.#outbox.send(peer, message);
    if (message.type === 'have') this.#coordination.announced(message);
  }
}
