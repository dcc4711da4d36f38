import type { DownloadId, MemberId } from '../ids.ts';
import type { Offer } from '../messages.ts';
import { Knowledge } from './knowledge.ts';

/** A room has at most this many downloads that others have offered. */
const MAX_OFFERED = 256;
/** Downloads that others speak of and nobody has offered, as happens when a message is faster than another. */
const MAX_RUMOURS = 32;

/** What is known of each download of the room, whether or not this member takes part in it. */
export class Catalogue {
  readonly #known = new Map<DownloadId, Knowledge>();
  /** Those without an offer, oldest first. */
  readonly #rumours = new Set<DownloadId>();
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
    const knowledge = this.hear(offer.download);
    this.#rumours.delete(offer.download);
    knowledge.offered(offer);
    return knowledge;
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
