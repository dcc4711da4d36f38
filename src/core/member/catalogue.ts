import type { DownloadId, MemberId } from '../ids.ts';
import type { Offer } from '../messages.ts';
import { Knowledge } from './knowledge.ts';

/** A room has at most this many downloads. */
const MAX_DOWNLOADS = 1_000;

/** What is known of each download of the room, whether or not this member takes part in it. */
export class Catalogue {
  readonly #known = new Map<DownloadId, Knowledge>();
  readonly #present: ReadonlySet<MemberId>;

  /** `present`: the members with an open session, kept up to date by its owner. */
  constructor(present: ReadonlySet<MemberId>) {
    this.#present = present;
  }

  get(download: DownloadId): Knowledge | undefined {
    return this.#known.get(download);
  }

  /** What is known of a download, from now on; undefined when there are too many. */
  know(download: DownloadId): Knowledge | undefined {
    const known = this.#known.get(download);
    if (known) return known;
    if (this.#known.size >= MAX_DOWNLOADS) return undefined;
    const knowledge = new Knowledge();
    for (const peer of this.#present) knowledge.peerUp(peer);
    this.#known.set(download, knowledge);
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
