import type { PeerUp } from '../contract.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { Have, Message } from '../messages.ts';
import type { Room } from '../rooms/room.ts';
import type { Catalogue } from './catalogue.ts';
import type { Coordination } from './coordination.ts';
import type { DownloadCore } from './download-core.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Intake } from './intake.ts';
import type { Outbox } from './outbox.ts';
import type { SourceGossip } from './source-gossip.ts';
import type { Statuses } from './statuses.ts';

export interface PeerTrafficOptions {
  readonly me: MemberId;
  readonly room: Room;
  readonly coordination: Coordination;
  readonly catalogue: Catalogue;
  readonly downloads: ReadonlyMap<DownloadId, DownloadCore>;
  readonly statuses: Statuses;
  readonly intake: Intake;
  readonly sources: SourceGossip;
  readonly heartbeat: Heartbeat;
  readonly outbox: Outbox;
  /** Carries out what the room has decided about who coordinates. */
  readonly drainRoom: (nowMs: number) => void;
  /** The coordinator says what this member has to fetch. */
  readonly onGrant: (message: Message, nowMs: number) => void;
  /** A session is over. */
  readonly onDown: (peer: MemberId) => void;
}

/** The other members as this one meets them: they come and go, and each message of theirs goes to whom it concerns. */
export class PeerTraffic {
  readonly #options: PeerTrafficOptions;

  constructor(options: PeerTrafficOptions) {
    this.#options = options;
  }

  up({ peer, name, addresses, certificate }: PeerUp, nowMs: number): void {
    const { me, room, coordination, catalogue, downloads, statuses, sources, heartbeat, outbox } =
      this.#options;
    if (peer === me) return;
    // A new session in the place of one that nobody saw end: the member may have begun anew.
    this.down(peer, false, nowMs);
    statuses.arrived(peer, nowMs);
    room.peerUp({ id: peer, name, addresses, certificate }, nowMs);
    // A newcomer must know who coordinates before it can believe an offer.
    this.#options.drainRoom(nowMs);
    catalogue.peerUp(peer);
    coordination.memberUp(peer, nowMs);
    if (coordination.isMine) for (const offer of catalogue.offers()) outbox.send(peer, offer);
    sources.tell(peer);
    for (const download of downloads.values()) outbox.send(peer, download.state.haveAll());
    heartbeat.reportTo(peer, nowMs);
    outbox.push({ type: 'member-joined', peer, name });
  }

  /** `forGood`: it said goodbye, or was dropped. */
  down(peer: MemberId, forGood: boolean, nowMs: number): void {
    const { room, coordination, catalogue, downloads, statuses, outbox } = this.#options;
    if (!room.sessions.has(peer)) return;
    statuses.delete(peer);
    outbox.push({ type: 'member-left', peer, name: room.member(peer)?.name ?? peer });
    room.peerDown(peer, forGood, nowMs);
    coordination.memberDown(peer, nowMs);
    catalogue.peerDown(peer);
    for (const download of downloads.values()) download.peerDown(peer, nowMs);
    this.#options.onDown(peer);
  }

  receive(from: MemberId, message: Message, nowMs: number): void {
    const { room, coordination, downloads, statuses, intake, sources } = this.#options;
    switch (message.type) {
      case 'coordinate':
        return room.onCoordinate(from, message);
      case 'roster':
        room.onRoster(from, message, nowMs);
        return;
      case 'offer':
        return intake.heard(from, message, nowMs);
      case 'sources':
        return sources.heard(from, message, nowMs);
      case 'have':
        return this.#have(from, message, nowMs);
      case 'fragment':
        return downloads.get(message.download)?.onFragment(from, message, nowMs);
      case 'status':
        statuses.set(from, message.downloads, nowMs);
        return;
      case 'report':
        return coordination.report(from, message, nowMs);
      case 'grant':
      case 'revoke':
        // Only the present coordinator, in its present term, says who fetches what.
        if (from !== room.coordinator || message.epoch !== room.epoch) return;
        return this.#options.onGrant(message, nowMs);
      case 'bye':
        room.left(from);
        return this.down(from, true, nowMs);
    }
  }

  #have(from: MemberId, message: Have, nowMs: number): void {
    const { catalogue, coordination, downloads, outbox } = this.#options;
    const knowledge = catalogue.hear(message.download);
    const mine = downloads.get(message.download);
    for (const record of message.records) mine ? mine.learn(record, nowMs) : knowledge.learn(record);
    if (!knowledge.have(from, message)) {
      const reason = 'it claims to have pieces that the file does not have';
      outbox.push({ type: 'drop', peer: from, reason });
      return;
    }
    coordination.have(from, message, nowMs);
    mine?.onHave(message.runs, nowMs);
  }
}
