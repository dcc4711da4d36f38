import { Knowledge } from '../download/knowledge.ts';
import { Geometry, MAX_PIECES } from '../geometry.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { Offer } from '../messages.ts';

/** A room has at most this many downloads that others have offered. */
const MAX_OFFERED = 256;
/** Every piece of them takes memory, whether or not it exists: together they have no more than the largest file. */
const MAX_OFFERED_PIECES = MAX_PIECES;
/** What a download of unknown size counts as. */
const OPEN_PIECES = MAX_PIECES / 32;
/** Downloads that others speak of and nobody has offered, as happens when a message is faster than another. */
const MAX_RUMOURS = 8;

/** What is known of each download of the room, whether or not this member takes part in it. */
export class Catalogue {
  readonly #known = new Map<DownloadId, Knowledge>();
  /** Those without an offer, oldest first. */
  readonly #rumours = new Set<DownloadId>();
  /** How many pieces those have that others have offered. */
  readonly #pieces = new Map<DownloadId, number>();
  readonly #present: ReadonlySet<MemberId>;

  /** `present`: the members with an open session, kept up to date by its owner. */
  constructor(present: ReadonlySet<MemberId>) {
    this.#present = present;
  }

  get(download: DownloadId): Knowledge | undefined {
    return this.#known.get(download);
  }

  /** What is known of a download that a member speaks of. Of those that nobody has offered the oldest makes room. */
  hear(download: DownloadId): Knowledge {
    const known = this.#known.get(download);
    if (known) return known;
    for (const oldest of this.#rumours) {
      if (this.#rumours.size < MAX_RUMOURS) break;
      this.#rumours.delete(oldest);
      this.#known.delete(oldest);
    }
    const knowledge = new Knowledge();
    for (const peer of this.#present) knowledge.peerUp(peer);
    this.#known.set(download, knowledge);
    this.#rumours.add(download);
    return knowledge;
  }

  /** A download is offered. `mine`: by the user of this member. Undefined when others have offered too many already. */
  offered(offer: Offer, mine: boolean): Knowledge | undefined {
    if (!mine && this.#known.size - this.#rumours.size >= MAX_OFFERED) return undefined;
    if (!mine && !this.#fits(offer)) return undefined;
    const knowledge = this.hear(offer.download);
    this.#rumours.delete(offer.download);
    knowledge.offered(offer);
    return knowledge;
  }

  /** The size of a download became known. False, and nothing changed, when others would have offered too much with it. */
  sized(offer: Offer): boolean {
    if (this.#pieces.has(offer.download) && !this.#fits(offer)) return false;
    this.#known.get(offer.download)?.offered(offer);
    return true;
  }

  /** Counts the pieces of a download that others have offered, unless that makes too many. */
  #fits({ download, identity, pieceBytes }: Offer): boolean {
    const pieces = new Geometry(identity.sizeBytes, pieceBytes).pieceCount ?? OPEN_PIECES;
    let total = pieces;
    for (const [other, count] of this.#pieces) if (other !== download) total += count;
    if (total > MAX_OFFERED_PIECES) return false;
    this.#pieces.set(download, pieces);
    return true;
  }

  /** The downloads that are more than a rumour. */
  *offers(): IterableIterator<Offer> {
    for (const { offer } of this.#known.values()) if (offer) yield offer;
  }

  peerUp(peer: MemberId): void {
    for (const knowledge of this.#known.values()) knowledge.peerUp(peer);
  }

  peerDown(peer: MemberId): void {
    for (const knowledge of this.#known.values()) knowledge.peerDown(peer);
  }
}
