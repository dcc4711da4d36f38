import { Uploads } from '../chainrain/uploads.ts';
import type { Command, Core, Event, ServeRequest, SignatureFacts } from '../contract.ts';
import type { DownloadId, MemberId, RoomId } from '../ids.ts';
import type { Message } from '../messages.ts';
import { Room } from '../rooms/room.ts';
import type { View } from '../view.ts';
import { Catalogue } from './catalogue.ts';
import { Coordination } from './coordination.ts';
import type { DownloadCore } from './download-core.ts';
import { type DownloadEvent, passOn } from './download-events.ts';
import { Heartbeat } from './heartbeat.ts';
import { Intake } from './intake.ts';
import { Outbox } from './outbox.ts';
import { PeerTraffic } from './peer-traffic.ts';
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

/** Others come and go and tell how they do, or there is one more download that they may lack. */
const MAY_CHANGE_NEED: ReadonlySet<Event['type']> = new Set([
  'peer-up',
  'peer-down',
  'message',
  'add-download',
] as const);
/** What was under way when a member left is still proven, kept and finished, else it would have to be fetched again. */
const HEARD_AFTER_LEAVING: ReadonlySet<Event['type']> = new Set([
  'records',
  'origin-bytes',
  'pull-bytes',
  'hashed',
  'kept',
  'finished',
] as const);

/**
 * A member's decisions: rooms, leases, streams, pulls. It composes the room (who is there, who coordinates), the
 * coordinator (when it is this member) and one `DownloadCore` per download, and passes each event to whom it concerns.
 */
export class MemberCore implements Core {
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
  readonly #peers: PeerTraffic;
  readonly #uploads: Uploads;
  /** When those who lack pieces last made progress, as the world was told. */
  #neededMs: number | undefined;
  #hasLeft = false;
  /** For whoever checks signatures before it hands something to this core. */
  readonly facts: SignatureFacts;

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
    this.#peers = new PeerTraffic({
      me: id,
      room: this.#room,
      coordination: this.#coordination,
      catalogue: this.#catalogue,
      downloads: this.#downloads,
      statuses: this.#statuses,
      intake: this.#intake,
      sources: this.#sources,
      heartbeat: this.#heartbeat,
      outbox: this.#outbox,
      drainRoom: (nowMs) => this.#drainRoom(nowMs),
      onGrant: (message, nowMs) => this.#onGrant(message, nowMs),
      onDown: (peer) => this.#uploads.peerDown(peer),
    });
    this.#uploads = new Uploads({
      recordsFor: (download, range) => this.#downloads.get(download)?.state.serve(range),
      piecesOf: (download, range) => this.#downloads.get(download)!.state.geometry.piecesOf(range),
      holders: (download, piece) => this.#catalogue.get(download)?.availability.count(piece) ?? 0,
      relays: (download, peer) => this.#catalogue.get(download)?.availability.isIncomplete(peer) ?? false,
      emit: (command) => this.#outbox.push(command),
    });
    this.facts = {
      offerOf: (download) => this.#catalogue.get(download)?.offer,
      recordOf: (download, piece) => this.#catalogue.get(download)?.record(piece),
      certificateOf: (member) => (member === id ? certificate : this.#room.member(member)?.certificate),
    };
  }

  /** Tells what happened. `nowMs` never goes back. */
  handle(event: Event, nowMs: number): void {
    if (this.#hasLeft) return this.#afterLeaving(event, nowMs);
    this.#dispatch(event, nowMs);
    this.#settle(nowMs);
    if (MAY_CHANGE_NEED.has(event.type)) this.#tellNeed();
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

  #afterLeaving(event: Event, nowMs: number): void {
    if (event.type === 'serve-request') this.#uploads.refuse(event.request);
    else if (HEARD_AFTER_LEAVING.has(event.type)) this.#dispatch(event, nowMs);
  }

  #dispatch(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'tick':
        this.#room.tick(nowMs);
        this.#coordination.tick(nowMs);
        for (const download of this.#downloads.values()) download.tick(nowMs);
        return;
      case 'peer-up':
        return this.#peers.up(event, nowMs);
      case 'peer-down':
        return this.#peers.down(event.peer, this.#outbox.hasDropped(event.peer), nowMs);
      case 'message':
        if (this.#room.sessions.has(event.from)) this.#peers.receive(event.from, event.message, nowMs);
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
      case 'serve-request':
        return this.#asked(event);
      case 'served': {
        const download = this.#uploads.ended(event.request, event.bytes);
        if (download !== undefined) this.#downloads.get(download)!.state.uploadedBytes += event.bytes;
        return;
      }
      case 'leave':
        this.#hasLeft = true;
        for (const download of this.#downloads.values()) download.leave();
        this.#uploads.close();
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

  /** Only members that are present are served. */
  #asked(event: ServeRequest): void {
    if (this.#room.sessions.has(event.peer)) this.#uploads.ask(event);
    else this.#uploads.refuse(event.request);
  }

  /** After every event: carries on what it has set off, until nothing is left to do now. */
  #settle(nowMs: number): void {
    this.#startNext(nowMs);
    for (const download of this.#downloads.values()) {
      const othersFetch = this.#statuses.anyFetching(this.#room.sessions, download.state.offer.download);
      const othersMayCome = this.#room.looksForOthers(nowMs) || this.#outbox.hasDroppedAny;
      download.course.giveUpIfHopeless(othersFetch, othersMayCome, nowMs);
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

  /** Whether somebody waits for this member decides how long it stays. */
  #tellNeed(): void {
    const progressMs = this.#statuses.progressMs(this.#room.sessions, [...this.#downloads.keys()]);
    if (progressMs === this.#neededMs) return;
    this.#neededMs = progressMs;
    this.#outbox.push(progressMs === undefined ? { type: 'not-needed' } : { type: 'needed', progressMs });
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
    inOrder.find((download) => !download.state.isOver)?.course.start(nowMs);
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
