import type { DownloadId, MemberId, RoomId } from '../ids.ts';
import type { Message, Offer, PieceRecord } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';
import { Coordinator } from '../rooms/coordinator.ts';
import { Room } from '../rooms/room.ts';
import type { View } from '../view.ts';
import type { AddDownload, Command, Event, PeerUp } from './api.ts';
import { DownloadCore } from './download-core.ts';
import { Knowledge } from './knowledge.ts';
import { Statuses, undecided } from './statuses.ts';
import { buildView } from './view-builder.ts';

/** Everybody hears from this member at least this often; it is also the heartbeat. */
const STATUS_MS = 500;
/** What was said once is said again this often: a lost message costs time, never a piece. */
const REPEAT_MS = 5_000;
/** A room has at most this many downloads. */
const MAX_DOWNLOADS = 1_000;

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
  #coordinator: Coordinator | undefined;
  readonly #knowledge = new Map<DownloadId, Knowledge>();
  readonly #downloads = new Map<DownloadId, DownloadCore>();
  readonly #statuses = new Statuses();
  /** Offers that the user has not answered yet. */
  readonly #offered = new Set<DownloadId>();
  /** Messages to this member itself, when it coordinates. */
  #loopback: Message[] = [];
  #commands: Command[] = [];
  #statusAtMs = 0;
  #repeatAtMs = REPEAT_MS;

  constructor(options: MemberCoreOptions) {
    this.#options = options;
    const { me: id, name, addresses, certificate } = options;
    this.#room = new Room({ me: { id, name, addresses, certificate }, seniority: options.seniority });
  }

  /** Tells what happened. `nowMs` never goes back. */
  handle(event: Event, nowMs: number): void {
    this.#dispatch(event, nowMs);
    this.#settle(nowMs);
  }

  /** Commands since the last call, in order. */
  drain(): readonly Command[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  /** When the core wants to be woken with a `tick`, if nothing happens before. */
  deadline(): number | undefined {
    const candidates = [this.#room.deadline(), this.#coordinator?.deadline()];
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
    return this.#knowledge.get(download)?.offer;
  }

  /** How many other members this one has ever heard of. */
  get seenMembers(): number {
    return this.#room.members.length - 1;
  }

  /** How many other members hold a piece. */
  holdersOf(download: DownloadId, piece: number): number {
    return this.#knowledge.get(download)?.availability.count(piece) ?? 0;
  }

  /** Whether a member lacks pieces, as far as is known. */
  isIncomplete(download: DownloadId, member: MemberId): boolean {
    return this.#knowledge.get(download)?.availability.isIncomplete(member) ?? false;
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
        this.#coordinator?.tick(nowMs);
        for (const download of this.#downloads.values()) download.tick(nowMs);
        return;
      case 'peer-up':
        return this.#peerUp(event, nowMs);
      case 'peer-down':
        return this.#peerDown(event.peer, false, nowMs);
      case 'message':
        if (this.#room.sessions.has(event.from)) this.#receive(event.from, event.message, nowMs);
        return;
      case 'add-download':
        return this.#addDownload(event, nowMs);
      case 'declined':
        this.#offered.delete(event.download);
        return;
      case 'leave':
        for (const download of this.#downloads.values()) download.stop();
        return this.#broadcast({ type: 'bye' });
      default:
        return this.#toDownload(event, nowMs);
    }
  }

  #toDownload(
    event: Exclude<
      Event,
      { type: 'tick' | 'peer-up' | 'peer-down' | 'message' | 'add-download' | 'leave' | 'declined' }
    >,
    nowMs: number,
  ): void {
    const download = this.#downloads.get(event.download);
    if (!download) return;
    switch (event.type) {
      case 'probe-done':
        return download.probed(event.canFetch, event.message, nowMs);
      case 'origin-bytes':
        return download.originBytes(event, nowMs);
      case 'origin-ended':
        return download.originEnded(event, nowMs);
      case 'pull-bytes':
        return download.pullBytes(event, nowMs);
      case 'pull-ended':
        return download.pullEnded(event, nowMs);
      case 'records':
        for (const record of event.records) download.learn(record, nowMs);
        return;
      case 'size-known':
        if (!download.sizeKnown(event.sizeBytes, nowMs)) return;
        download.state.knowledge.offer = download.state.offer;
        this.#broadcast(download.state.offer);
        return this.#coordinator?.offer(download.state.offer, nowMs);
      case 'hashed':
        return download.hashed(event.piece, event.sha256, nowMs);
      case 'kept':
        return download.kept(event.record, nowMs);
      case 'finished':
        this.#statusAtMs = nowMs;
        download.state.phase = 'done';
        return;
      case 'failed':
        this.#statusAtMs = nowMs;
        return download.failed(event.code, event.message, nowMs);
      case 'served':
        download.state.uploadedBytes += event.bytes;
        return;
    }
  }

  #peerUp(event: PeerUp, nowMs: number): void {
    const { peer, name, addresses, certificate } = event;
    if (peer === this.#options.me) return;
    this.#room.peerUp({ id: peer, name, addresses, certificate }, nowMs);
    // A newcomer must know who coordinates before it can believe an offer.
    this.#drainRoom(nowMs);
    for (const knowledge of this.#knowledge.values()) knowledge.peerUp(peer);
    this.#coordinator?.memberUp(peer, nowMs);
    if (this.#coordinator) {
      for (const { offer } of this.#knowledge.values()) if (offer) this.#send(peer, offer);
    }
    for (const download of this.#downloads.values()) this.#send(peer, download.state.haveAll());
    this.#send(peer, this.#status(nowMs));
    this.#commands.push({ type: 'member-joined', peer, name });
  }

  #peerDown(peer: MemberId, forGood: boolean, nowMs: number): void {
    if (!this.#room.sessions.has(peer)) return;
    this.#statuses.delete(peer);
    this.#commands.push({ type: 'member-left', peer, name: this.#room.member(peer)?.name ?? peer });
    this.#room.peerDown(peer, forGood, nowMs);
    this.#coordinator?.memberDown(peer, nowMs);
    for (const knowledge of this.#knowledge.values()) knowledge.peerDown(peer);
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
        const knowledge = this.#know(message.download);
        if (!knowledge) return;
        const mine = this.#downloads.get(message.download);
        for (const record of message.records) mine ? mine.learn(record, nowMs) : knowledge.learn(record);
        if (!knowledge.have(from, message)) {
          const reason = 'it claims to have pieces that the file does not have';
          this.#commands.push({ type: 'drop', peer: from, reason });
          return;
        }
        this.#coordinator?.have(from, message, nowMs);
        return mine?.onHave(message.runs, nowMs);
      }
      case 'fragment':
        return this.#downloads.get(message.download)?.onFragment(from, message, nowMs);
      case 'status':
        this.#statuses.set(from, message.downloads);
        return;
      case 'report':
        return this.#coordinator?.report(from, message, nowMs);
      case 'grant':
      case 'revoke':
        // Only the present coordinator, in its present term, says who fetches what.
        if (from !== this.#room.coordinator || message.epoch !== this.#room.epoch) return;
        if (message.type === 'grant') return this.#downloads.get(message.download)?.onGrant(message, nowMs);
        return this.#downloads.get(message.download)?.onRevoke(message, nowMs);
      case 'bye':
        this.#room.left(from);
        return this.#peerDown(from, true, nowMs);
    }
  }

  #onOffer(from: MemberId, offer: Offer, nowMs: number): void {
    const known = this.#knowledge.get(offer.download);
    const size = offer.identity.sizeBytes;
    if (known?.offer) {
      // Whoever streams a file of unknown length learns its size first; nothing else of an offer may change.
      if (known.offer.identity.sizeBytes !== undefined || size === undefined) return;
      known.offer = { ...known.offer, identity: { ...known.offer.identity, sizeBytes: size } };
      this.#downloads.get(offer.download)?.sizeKnown(size, nowMs);
      this.#coordinator?.offer(known.offer, nowMs);
      return;
    }
    // A coordinator that took over, or that was never told, hears of the downloads from the members.
    if (from !== this.#room.coordinator && !this.#room.isCoordinator) return;
    const knowledge = this.#know(offer.download);
    if (!knowledge) return;
    knowledge.offer = offer;
    if (this.#coordinator) {
      this.#coordinator.offer(offer, nowMs);
      this.#broadcast(offer);
    }
    this.#offered.add(offer.download);
    this.#commands.push({ type: 'offered', offer });
  }

  #addDownload(added: AddDownload, nowMs: number): void {
    const { offer } = added;
    const knowledge = this.#know(offer.download);
    if (!knowledge || this.#downloads.has(offer.download)) return;
    const isNew = knowledge.offer === undefined;
    knowledge.offer ??= offer;
    const download = new DownloadCore({
      me: this.#options.me,
      added: { ...added, offer: knowledge.offer },
      knowledge,
      random: this.#options.random,
      emit: (command) => this.#commands.push(command),
      broadcast: (message) => this.#broadcast(message),
      toCoordinator: (message) => this.#toCoordinator(message),
      nowMs,
    });
    download.coordinatorChanged(this.#room.epoch);
    this.#downloads.set(offer.download, download);
    if (this.#coordinator) {
      this.#coordinator.offer(knowledge.offer, nowMs);
      if (isNew) for (const peer of this.#room.sessions) this.#send(peer, knowledge.offer);
    }
    if (download.state.ledger.heldCount > 0) this.#broadcast(download.state.haveAll());
    download.schedule(nowMs);
  }

  /** What is known of a download; undefined when there are too many. */
  #know(download: DownloadId): Knowledge | undefined {
    const known = this.#knowledge.get(download);
    if (known) return known;
    if (this.#knowledge.size >= MAX_DOWNLOADS) return undefined;
    const knowledge = new Knowledge();
    for (const peer of this.#room.sessions) knowledge.peerUp(peer);
    this.#knowledge.set(download, knowledge);
    return knowledge;
  }

  /** After every event: carries on what it has set off, until nothing is left to do now. */
  #settle(nowMs: number): void {
    this.#startNext(nowMs);
    for (let again = true; again; ) {
      again = false;
      if (this.#drainRoom(nowMs)) again = true;
      for (const download of this.#downloads.values()) download.flush(nowMs);
      for (const { to, message } of this.#coordinator?.drain() ?? []) {
        if (to === this.#options.me) this.#loopback.push(message);
        else this.#send(to, message);
      }
      const loopback = this.#loopback;
      this.#loopback = [];
      for (const message of loopback) {
        again = true;
        this.#receiveFromMyself(message, nowMs);
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
      this.#statusAtMs = nowMs + STATUS_MS;
      this.#broadcast(this.#status(nowMs));
    }
  }

  /** Says again what others may have missed. */
  #repeat(): void {
    if (this.#coordinator) {
      this.#room.repeat();
      this.#commands.push(...(this.#room.drain() as Command[]));
      for (const { offer } of this.#knowledge.values()) if (offer) this.#broadcast(offer);
    }
    for (const download of this.#downloads.values()) this.#broadcast(download.state.haveAll());
  }

  /** Returns whether there was anything. */
  #drainRoom(nowMs: number): boolean {
    const commands = this.#room.drain();
    for (const command of commands) {
      if (command.type === 'coordinator-changed') this.#coordinatorChanged(nowMs);
      else this.#commands.push(command);
    }
    return commands.length > 0;
  }

  #receiveFromMyself(message: Message, nowMs: number): void {
    if (message.type === 'report') this.#coordinator?.report(this.#options.me, message, nowMs);
    else if (message.type === 'have') this.#coordinator?.have(this.#options.me, message, nowMs);
    else if (message.type === 'grant') this.#downloads.get(message.download)?.onGrant(message, nowMs);
    else if (message.type === 'revoke') this.#downloads.get(message.download)?.onRevoke(message, nowMs);
  }

  /** Downloads are worked on one after the other, in the room's order. */
  #startNext(nowMs: number): void {
    const inOrder = [...this.#downloads.values()].sort((a, b) => a.state.offer.order - b.state.offer.order);
    inOrder.find((download) => !download.state.isOver)?.start(nowMs);
  }

  #coordinatorChanged(nowMs: number): void {
    if (this.#room.isCoordinator) {
      this.#coordinator = new Coordinator(this.#room.epoch, nowMs);
      this.#coordinator.memberUp(this.#options.me, nowMs);
      for (const peer of this.#room.sessions) this.#coordinator.memberUp(peer, nowMs);
      for (const { offer } of this.#knowledge.values()) {
        if (!offer) continue;
        this.#coordinator.offer(offer, nowMs);
        for (const peer of this.#room.sessions) this.#send(peer, offer);
      }
    } else {
      this.#coordinator = undefined;
      for (const { offer } of this.#knowledge.values()) if (offer) this.#toCoordinator(offer);
    }
    for (const download of this.#downloads.values()) {
      download.coordinatorChanged(this.#room.epoch);
      this.#toCoordinator(download.state.haveAll());
    }
  }

  #status(nowMs: number): Message {
    const downloads = [...this.#downloads.values()].map((download) => download.status(nowMs));
    for (const download of this.#offered)
      if (!this.#downloads.has(download)) downloads.push(undecided(download));
    return { type: 'status', downloads };
  }

  #toCoordinator(message: Message): void {
    const { coordinator } = this.#room;
    if (coordinator === this.#options.me) this.#loopback.push(message);
    else if (coordinator !== undefined && this.#room.sessions.has(coordinator))
      this.#send(coordinator, message);
  }

  #broadcast(message: Message): void {
    for (const peer of this.#room.sessions) this.#send(peer, message);
    if (message.type === 'have' && this.#coordinator) this.#loopback.push(message);
  }

  #send(to: MemberId, message: Message): void {
    this.#commands.push({ type: 'send', to, message });
  }
}
