import type { AddDownload } from '../contract.ts';
import { isPossibleSize } from '../geometry.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { Message, Offer } from '../messages.ts';
import type { Room } from '../rooms/room.ts';
import type { Catalogue } from './catalogue.ts';
import type { Coordination } from './coordination.ts';
import { DownloadCore } from './download-core.ts';
import type { Outbox } from './outbox.ts';

export interface IntakeOptions {
  readonly me: MemberId;
  readonly random: () => number;
  readonly room: Room;
  readonly coordination: Coordination;
  readonly catalogue: Catalogue;
  /** Where downloads are put. */
  readonly downloads: Map<DownloadId, DownloadCore>;
  readonly outbox: Outbox;
  readonly broadcast: (message: Message) => void;
}

/** How downloads come to a member: the room offers them, its user adds them, and their size may become known later. */
export class Intake {
  readonly #around: IntakeOptions;
  /** Offers that the user has not answered yet. */
  readonly #undecided = new Set<DownloadId>();

  constructor(options: IntakeOptions) {
    this.#around = options;
  }

  /** Downloads that were offered and neither added nor declined. */
  get undecided(): readonly DownloadId[] {
    return [...this.#undecided].filter((download) => !this.#around.downloads.has(download));
  }

  declined(download: DownloadId): void {
    this.#undecided.delete(download);
  }

  /** A member tells of a download. */
  heard(from: MemberId, offer: Offer, nowMs: number): void {
    const known = this.#around.catalogue.get(offer.download)?.offer;
    if (known) {
      // Whoever took the room over may have missed the size.
      const knowsLess = offer.identity.sizeBytes === undefined && known.identity.sizeBytes !== undefined;
      if (knowsLess) return this.#around.outbox.send(from, known);
      return this.#learnSize(from, offer, nowMs);
    }
    const size = offer.identity.sizeBytes;
    if (size !== undefined && !isPossibleSize(size, offer.pieceBytes)) return;
    // A coordinator that took over, or that was never told, hears of the downloads from the members.
    if (from !== this.#around.room.coordinator && !this.#around.room.isCoordinator) return;
    if (!this.#around.catalogue.offered(offer, false)) return;
    if (this.#around.coordination.isMine) {
      this.#around.coordination.offer(offer, nowMs);
      this.#around.broadcast(offer);
    }
    this.#undecided.add(offer.download);
    this.#around.outbox.push({ type: 'offered', offer });
  }

  /** Whoever streams a file of unknown length learns its size first; nothing else of an offer may change. */
  #learnSize(from: MemberId, { download, identity: { sizeBytes } }: Offer, nowMs: number): void {
    const knowledge = this.#around.catalogue.get(download);
    const offer = knowledge?.offer;
    if (!offer || offer.identity.sizeBytes !== undefined || sizeBytes === undefined) return;
    const mine = this.#around.downloads.get(download);
    // What this member will see for itself it need not be told.
    if (!isPossibleSize(sizeBytes, offer.pieceBytes) || mine?.isStreaming) return;
    const sized = { ...offer, identity: { ...offer.identity, sizeBytes } };
    if (!this.#around.catalogue.sized(sized)) return;
    if (mine) mine.state.sizeFrom = from;
    mine?.sizeKnown(sizeBytes, nowMs);
    this.#around.coordination.offer(sized, nowMs);
  }

  /** The user of this member takes part in a download, which the room may know already. */
  add(added: AddDownload, nowMs: number): void {
    const { offer } = added;
    if (this.#around.downloads.has(offer.download)) return;
    const known = this.#around.catalogue.get(offer.download)?.offer;
    const isNew = known === undefined;
    if (isNew) this.#around.catalogue.offered(offer, true);
    const download = new DownloadCore({
      me: this.#around.me,
      added,
      knowledge: this.#around.catalogue.hear(offer.download),
      random: this.#around.random,
      emit: (command) => this.#around.outbox.push(command),
      broadcast: (message) => this.#around.broadcast(message),
      toCoordinator: (message) => this.#around.coordination.tell(message),
      nowMs,
    });
    download.coordinatorChanged(this.#around.room.epoch);
    this.#around.downloads.set(offer.download, download);
    // Until this member has looked at the origin, or has streamed to the end, the size is the word of others.
    const sizeBytes = known?.identity.sizeBytes;
    if (sizeBytes !== undefined) {
      download.state.sizeFrom = this.#around.room.coordinator ?? 'the room';
      download.sizeKnown(sizeBytes, nowMs);
    }
    if (this.#around.coordination.isMine) {
      this.#around.coordination.offer(download.state.offer, nowMs);
      if (isNew)
        for (const peer of this.#around.room.sessions) this.#around.outbox.send(peer, download.state.offer);
    }
    if (download.state.ledger.heldCount > 0) this.#around.broadcast(download.state.haveAll());
    download.schedule(nowMs);
  }
}
