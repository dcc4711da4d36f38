import type { Command } from '../contract.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { Message } from '../messages.ts';
import type { Room } from '../rooms/room.ts';
import type { Catalogue } from './catalogue.ts';
import type { Coordination } from './coordination.ts';
import type { DownloadCore } from './download-core.ts';
import type { Intake } from './intake.ts';
import type { Outbox } from './outbox.ts';
import type { SourceGossip } from './source-gossip.ts';
import { MAX_STATUSES, undecided } from './statuses.ts';

/** Everybody hears from this member at least this often. */
const STATUS_MS = 500;
/** In a large room a little less often: their number grows with the square of the members. */
const STATUS_MANY_MS = 900;
const MANY_SESSIONS = 5;
/** What was said once is said again this often: a lost message costs time, never a piece. */
const REPEAT_MS = 5_000;

export interface HeartbeatOptions {
  readonly room: Room;
  readonly coordination: Coordination;
  readonly catalogue: Catalogue;
  readonly downloads: ReadonlyMap<DownloadId, DownloadCore>;
  readonly intake: Intake;
  readonly sources: SourceGossip;
  readonly outbox: Outbox;
  readonly broadcast: (message: Message) => void;
}

/** Tells everybody regularly how this member does, and says again what they may have missed. */
export class Heartbeat {
  readonly #around: HeartbeatOptions;
  #statusAtMs = 0;
  #repeatAtMs = REPEAT_MS;

  constructor(around: HeartbeatOptions) {
    this.#around = around;
  }

  /** Something happened that everybody should know at once. */
  reportNow(nowMs: number): void {
    this.#statusAtMs = nowMs;
  }

  /** Says what is due. */
  broadcastIfDue(nowMs: number): void {
    const { sessions } = this.#around.room;
    if (sessions.size === 0) return;
    if (nowMs >= this.#repeatAtMs) {
      this.#repeatAtMs = nowMs + REPEAT_MS;
      this.#repeat();
    }
    if (nowMs >= this.#statusAtMs) {
      this.#statusAtMs = nowMs + (sessions.size > MANY_SESSIONS ? STATUS_MANY_MS : STATUS_MS);
      this.#around.broadcast(this.#status(nowMs));
    }
  }

  /** How this member does, for somebody new. */
  reportTo(peer: MemberId, nowMs: number): void {
    this.#around.outbox.send(peer, this.#status(nowMs));
  }

  /** Undefined while nobody listens. */
  deadline(): number | undefined {
    return this.#around.room.sessions.size > 0 ? Math.min(this.#statusAtMs, this.#repeatAtMs) : undefined;
  }

  #repeat(): void {
    const { room, coordination, catalogue, downloads, sources, outbox, broadcast } = this.#around;
    if (coordination.isMine) {
      room.repeat();
      outbox.push(...(room.drain() as Command[]));
      for (const offer of catalogue.offers()) broadcast(offer);
      for (const peer of room.sessions) sources.tell(peer);
    } else {
      // One that took over may never have heard of a download, or of a fresh link.
      for (const offer of catalogue.offers()) coordination.tell(offer);
      if (room.coordinator !== undefined && room.sessions.has(room.coordinator))
        sources.tell(room.coordinator);
    }
    for (const download of downloads.values()) broadcast(download.state.haveAll());
  }

  #status(nowMs: number): Message {
    const mine = [...this.#around.downloads.values()];
    // If there are too many, those that are over can be left out.
    mine.sort((a, b) => Number(a.state.isOver) - Number(b.state.isOver));
    const downloads = mine.map((download) => download.status(nowMs));
    for (const download of this.#around.intake.undecided) downloads.push(undecided(download));
    return { type: 'status', downloads: downloads.slice(0, MAX_STATUSES) };
  }
}
