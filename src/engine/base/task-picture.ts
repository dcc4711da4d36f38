import type { DragonloadError } from '../../core/errors.ts';
import type { DownloadId, MemberId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView, MemberView, RoomView } from '../../core/view.ts';

/**
 * What a task knows of one of its downloads, as data. One that has not changed is the same object as before, so that
 * whoever looks often finds out cheaply. Times are milliseconds since the epoch.
 */
export interface ListedDownload {
  /** Its number in the list of downloads: the same from the first moment to the last. */
  readonly id: number;
  /** `running`: it has its turn; how far that has come is in `view`. `removed`: for as long as its part is being deleted. */
  readonly status: 'waiting' | 'running' | 'paused' | 'failed' | 'done' | 'removed';
  /** What the core and the room know it by; undefined until the origin has been looked at. */
  readonly download: DownloadId | undefined;
  /** Safe to show: without query, fragment or credentials. */
  readonly url: string;
  readonly fileName: string;
  /** Where the finished file is or will be, once that is known. */
  readonly path: string | undefined;
  /** Why it failed, or failed the last time when it waits to be tried again. */
  readonly error: DragonloadError | undefined;
  readonly priority: number;
  /** Its own limit in bytes per second; undefined: none. */
  readonly limitRate: number | undefined;
  readonly addedAtMs: number;
  /** When it had its turn the last time. */
  readonly startedAtMs: number | undefined;
  /** When it was done, or failed for the last time. */
  readonly endedAtMs: number | undefined;
  /** As it is now, or was when it last ran. Undefined before that, and of a download alone that is done: see `result`. */
  readonly view: DownloadView | undefined;
  readonly result: Result | undefined;
}

/** What there is to see of a task, as data. */
export interface TaskPicture {
  /** In the order in which they were asked for. */
  readonly downloads: readonly ListedDownload[];
  /** Undefined before the room is open, and for downloads alone. */
  readonly room: RoomView | undefined;
  readonly me: MemberId | undefined;
  /** This member first, then by seniority. */
  readonly members: readonly MemberView[];
  /** When the schedule lets something run again, in milliseconds from now; undefined while it does. */
  readonly opensInMs: number | undefined;
  /** The quota is used up: nothing starts any more. */
  readonly isQuotaSpent: boolean;
}

/** How fast a download goes now, in bytes per second. */
export interface DownloadRates {
  /** Its number in the list of downloads. */
  readonly id: number;
  readonly originRate: number;
  readonly lanRate: number;
}
