import type { DownloadId, MemberId } from '../ids.ts';
import type { Sources } from '../messages.ts';
import type { Catalogue } from './catalogue.ts';
import type { DownloadCore } from './download-core.ts';
import type { Outbox } from './outbox.ts';

export interface SourceGossipOptions {
  readonly catalogue: Catalogue;
  readonly downloads: ReadonlyMap<DownloadId, DownloadCore>;
  /** The members with an open session. */
  readonly sessions: ReadonlySet<MemberId>;
  readonly outbox: Outbox;
}

/**
 * Spreads the further addresses of downloads through the room: each new one is told to everybody but whoever named it,
 * and all of them to newcomers. A download that had given up on its origin tries again.
 */
export class SourceGossip {
  readonly #around: SourceGossipOptions;

  constructor(options: SourceGossipOptions) {
    this.#around = options;
  }

  /** The user knows further addresses. The download tries again even when they are known: the user says so. */
  add(download: DownloadId, urls: readonly string[], nowMs: number): void {
    const mine = this.#around.downloads.get(download);
    if (!mine) return;
    this.#spread(download, this.#around.catalogue.hear(download).sources.add(urls, undefined, nowMs));
    mine.course.revive(nowMs);
  }

  /** A member names addresses. */
  heard(from: MemberId, { download, urls }: Sources, nowMs: number): void {
    const fresh = this.#around.catalogue.hear(download).sources.add(urls, from, nowMs);
    if (fresh.length === 0) return;
    this.#spread(download, fresh, from);
    const mine = this.#around.downloads.get(download);
    if (!mine) return;
    this.#around.outbox.push({ type: 'use-sources', download, urls: fresh, from });
    mine.course.revive(nowMs);
  }

  /** The user takes part in a download of which members have told before. */
  added(download: DownloadId): void {
    for (const [from, urls] of this.#around.catalogue.hear(download).sources.byMember())
      this.#around.outbox.push({ type: 'use-sources', download, urls, from });
  }

  /** Tells a member all of them: it is new here, or may have missed some. */
  tell(peer: MemberId): void {
    for (const { download } of this.#around.catalogue.offers()) {
      const urls = this.#around.catalogue.hear(download).sources.urls;
      if (urls.length > 0) this.#around.outbox.send(peer, { type: 'sources', download, urls });
    }
  }

  #spread(download: DownloadId, urls: readonly string[], but?: MemberId): void {
    if (urls.length === 0) return;
    for (const peer of this.#around.sessions)
      if (peer !== but) this.#around.outbox.send(peer, { type: 'sources', download, urls });
  }
}
