import type { DownloadId, MemberId } from '../ids.ts';
import type { DownloadStatus } from '../messages.ts';

/** Statuses that one message may have, as the wire has it. */
export const MAX_STATUSES = 256;

/** What the members that are present last said of themselves. */
export class Statuses {
  readonly #of = new Map<MemberId, readonly DownloadStatus[]>();

  set(member: MemberId, statuses: readonly DownloadStatus[]): void {
    this.#of.set(member, statuses.slice(0, MAX_STATUSES));
  }

  delete(member: MemberId): void {
    this.#of.delete(member);
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

  /** Whether any of these members is still at one of these downloads, or has not said yet what it is at. */
  anyAtWork(members: Iterable<MemberId>, isMine: (download: DownloadId) => boolean): boolean {
    for (const member of members) {
      const statuses = this.#of.get(member);
      if (!statuses) return true;
      for (const { download, phase } of statuses) {
        if (isMine(download) && (phase === 'waiting' || phase === 'downloading')) return true;
      }
    }
    return false;
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
