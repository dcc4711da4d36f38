import type { DownloadId, MemberId } from '../ids.ts';
import type { DownloadStatus } from '../messages.ts';

/** Statuses that one message may have, as the wire has it. */
export const MAX_STATUSES = 256;

interface Progress {
  /** All bytes that the member has got, from wherever. */
  readonly bytes: number;
  /** When that changed last, or the member came. */
  readonly atMs: number;
}

/** What the members that are present last said of themselves. */
export class Statuses {
  readonly #of = new Map<MemberId, readonly DownloadStatus[]>();
  readonly #progress = new Map<MemberId, Progress>();

  /** A member has come, and has not said anything yet. */
  arrived(member: MemberId, nowMs: number): void {
    this.#progress.set(member, { bytes: 0, atMs: nowMs });
  }

  set(member: MemberId, statuses: readonly DownloadStatus[], nowMs: number): void {
    this.#of.set(member, statuses.slice(0, MAX_STATUSES));
    const bytes = statuses.reduce((sum, one) => sum + one.heldBytes + one.originBytes + one.lanBytes, 0);
    if (this.#progress.get(member)?.bytes !== bytes) this.#progress.set(member, { bytes, atMs: nowMs });
  }

  delete(member: MemberId): void {
    this.#of.delete(member);
    this.#progress.delete(member);
  }

  of(member: MemberId): readonly DownloadStatus[] {
    return this.#of.get(member) ?? [];
  }

  /** What all of them say of one download. */
  *about(download: DownloadId): IterableIterator<DownloadStatus> {
    for (const statuses of this.#of.values()) {
      for (const status of statuses) if (status.download === download) yield status;
    }
  }

  /**
   * When one of these members that lack one of these downloads last made progress, or came: the most recent time counts.
   * Undefined when none lacks any. Who has said nothing of a download may not have heard of it yet.
   */
  progressMs(members: Iterable<MemberId>, downloads: readonly DownloadId[]): number | undefined {
    let latestMs: number | undefined;
    for (const member of members) {
      if (!downloads.some((download) => this.#lacks(member, download))) continue;
      latestMs = Math.max(latestMs ?? 0, this.#progress.get(member)?.atMs ?? 0);
    }
    return latestMs;
  }

  #lacks(member: MemberId, download: DownloadId): boolean {
    const statuses = this.#of.get(member);
    const theirs = statuses?.find((status) => status.download === download);
    // Of more than fit into a message, those that are over are left out.
    if (theirs === undefined) return (statuses?.length ?? 0) < MAX_STATUSES;
    return theirs.phase === 'waiting' || theirs.phase === 'downloading';
  }

  /** Whether any of these members may still bring in new pieces of a download. */
  anyFetching(members: Iterable<MemberId>, download: DownloadId): boolean {
    for (const member of members) {
      const statuses = this.#of.get(member);
      if (!statuses) return true;
      const theirs = statuses.find((status) => status.download === download);
      if (theirs && theirs.phase !== 'failed' && (theirs.fetching || theirs.phase === 'waiting')) return true;
    }
    return false;
  }
}

/** The status of a download that the user has yet to accept: the room should know that somebody may want it. */
export function undecided(download: DownloadId): DownloadStatus {
  const nothing = { heldBytes: 0, originBytes: 0, lanBytes: 0, uploadBytes: 0, originRate: 0, lanRate: 0 };
  return { download, phase: 'waiting', ...nothing, fetching: false };
}
