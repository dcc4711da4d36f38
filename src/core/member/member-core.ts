import type { Command, Event, PeerUp } from '../contract.ts';
import type { DownloadId, MemberId, RoomId } from '../ids.ts';
import type { Message, Offer, PieceRecord } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';
import { Room } from '../rooms/room.ts';
import type { View } from '../view.ts';
import { Catalogue } from './catalogue.ts';
import { Coordination } from './coordination.ts';
import type { DownloadCore } from './download-core.ts';
import { type DownloadEvent, passOn } from './download-events.ts';
import { Heartbeat } from './heartbeat.ts';
import { Intake } from './intake.ts';
import { Outbox } from './outbox.ts';
import { SourceGossip } from './source-gossip.ts';
import { Statuses } from './statuses.ts';
import { buildView } from './view-builder.ts';

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

/** What was under way when a member left is still proven and kept, else it would have to be fetched again; nothing else matters. */
const HEARD_AFTER_LEAVING: ReadonlySet<Event['type']> = new Set([
  'origin-bytes',
  'pull-bytes',
  'hashed',
  'kept',
] as const);

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
  readonly #intake: Intake;
  readonly #outbox = new Outbox();
  readonly #sources: SourceGossip;
  readonly #heartbeat: Heartbeat;
  #hasLeft = false;

  constructor(options: MemberCoreOptions) {
    this.#options = options;
    const { me: id, name, addresses, certificate } = options;
    this.#room = new Room({ me: { id, name, addresses, certificate }, seniority: options.seniority });
    this.#catalogue = new Catalogue(this.#room.sessions);
    this.#coordination = new Coordination({ me: id, room: this.#room, outbox: this.#outbox });
    this.#sources = new SourceGossip({
      catalogue: this.#catalogue,
      downloads: this.#downloads,
      sessions: this.#room.sessions,
      outbox: this.#outbox,
    });
    this.#intake = new Intake({
      me: id,
      random: options.random,
      room: this.#room,
      coordination: this.#coordination,
      catalogue: this.#catalogue,
      downloads: this.#downloads,
      outbox: this.#outbox,
      broadcast: (message) => this.#broadcast(message),
    });
    this.#heartbeat = new Heartbeat({
      room: this.#room,
      coordination: this.#coordination,
      catalogue: this.#catalogue,
      downloads: this.#downloads,
      intake: this.#intake,
      sources: this.#sources,
      outbox: this.#outbox,
      broadcast: (message) => this.#broadcast(message),
    });
  }

  /** Tells what happened. `nowMs` never goes back. */
  handle(event: Event, nowMs: number): void {
    const hadLeft = this.#hasLeft;
    if (hadLeft && !HEARD_AFTER_LEAVING.has(event.type)) return;
    this.#dispatch(event, nowMs);
    if (!hadLeft) this.#settle(nowMs);
  }

  /** Commands since the last call, in order. */
  drain(): readonly Command[] {
    return this.#outbox.drain();
  }

  /** When the core wants to be woken with a `tick`, if nothing happens before. */
  deadline(): number | undefined {
    if (this.#hasLeft) return undefined;
    const candidates = [this.#room.deadline(), this.#coordination.deadline(), this.#heartbeat.deadline()];
    for (const download of this.#downloads.values()) candidates.push(download.deadline());
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

  /** How many connections to its origin prove right for a download at present. */
  connectionsOf(download: DownloadId, nowMs: number): number | undefined {
    return this.#downloads.get(download)?.connections(nowMs);
  }

  /** Why a download failed, once it has. */
  failureOf(download: DownloadId): string | undefined {
    return this.#downloads.get(download)?.state.failure;
  }

  /** The certificate of a member, present or gone, to check what it signed. */
  certificateOf(member: MemberId): Uint8Array | undefined {
    return member === this.#options.me ? this.#options.certificate : this.#room.member(member)?.certificate;
  }

  /**
   * How long those who are present and still lack a download of this member have made no progress, in milliseconds: the one
   * that made some most recently counts. Undefined when nobody lacks anything.
   */
  neededIdleMs(nowMs: number): number | undefined {
    return this.#statuses.idleMs(this.#room.sessions, [...this.#downloads.keys()], nowMs);
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
        this.#intake.add(event, nowMs);
        return this.#sources.added(event.offer.download);
      case 'add-sources':
        return this.#sources.add(event.download, event.urls, nowMs);
      case 'network-changed':
        for (const download of this.#downloads.values()) download.networkChanged(nowMs);
        return;
      case 'declined':
        return this.#intake.declined(event.download);
      case 'leave':
        this.#hasLeft = true;
        for (const download of this.#downloads.values()) download.leave();
        return this.#broadcast({ type: 'bye' });
      default:
        return this.#toDownload(event, nowMs);
    }
  }

  #toDownload(event: DownloadEvent, nowMs: number): void {
    const download = this.#downloads.get(event.download);
    if (!download) return;
    if (event.type === 'finished' || event.type === 'failed') this.#heartbeat.reportNow(nowMs);
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
    this.#statuses.arrived(peer, nowMs);
    this.#room.peerUp({ id: peer, name, addresses, certificate }, nowMs);
    // A newcomer must know who coordinates before it can believe an offer.
    this.#drainRoom(nowMs);
    this.#catalogue.peerUp(peer);
    this.#coordination.memberUp(peer, nowMs);
    if (this.#coordination.isMine)
      for (const offer of this.#catalogue.offers()) this.#outbox.send(peer, offer);
    this.#sources.tell(peer);
    for (const download of this.#downloads.values()) this.#outbox.send(peer, download.state.haveAll());
    this.#heartbeat.reportTo(peer, nowMs);
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
        return this.#intake.heard(from, message, nowMs);
      case 'sources':
        return this.#sources.heard(from, message, nowMs);
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
        this.#statuses.set(from, message.downloads, nowMs);
        return;
      case 'report':
        return this.#coordination.report(from, message, nowMs);
      case 'grant':
      case 'revoke':
        // Only the present coordinator, in its present term, says who fetches what.
        if (from !== this.#room.coordinator || message.epoch !== this.#room.epoch) return;
        return this.#onGrant(message, nowMs);
      case 'bye':
        this.#room.left(from);
        return this.#peerDown(from, true, nowMs);
    }
  }

  /** After every event: carries on what it has set off, until nothing is left to do now. */
  #settle(nowMs: number): void {
    this.#startNext(nowMs);
    for (const download of this.#downloads.values()) {
      const othersFetch = this.#statuses.anyFetching(this.#room.sessions, download.state.offer.download);
      const othersMayCome = this.#room.looksForOthers(nowMs) || this.#outbox.hasDroppedAny;
      download.giveUpIfHopeless(othersFetch, othersMayCome, nowMs);
    }
    for (let again = true; again; ) {
      again = false;
      if (this.#drainRoom(nowMs)) again = true;
      for (const download of this.#downloads.values()) download.flush(nowMs);
      for (const message of this.#coordination.drain(nowMs)) {
        again = true;
        this.#onGrant(message, nowMs);
      }
    }
    this.#heartbeat.broadcastIfDue(nowMs);
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
  #onGrant(message: Message, nowMs: number): void {
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

  #broadcast(message: Message): void {
    for (const peer of this.#room.sessions) this.#outbox.send(peer, message);
    if (message.type === 'have') this.#coordination.announced(message);
  }
}
