import type { DragonloadError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import type { DownloadId, MemberId } from '../../core/ids.ts';
import type { Offer } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import type { RequestOptions } from '../../origin/requests/request-options.ts';
import type { DownloadRates, TaskPicture } from './task-picture.ts';

/** What every way of taking part understands. All fields may be left out. */
export interface TaskOptions {
  /** Where finished files go. Default: the working directory. */
  readonly directory?: string;
  /** Name or path of the finished file; only for a single download. */
  readonly output?: string;
  /** How the others see this member. Default: the host name. */
  readonly name?: string;
  /** TCP port to listen on; 0 lets the system choose. Default 0. */
  readonly port?: number;
  /** Upper limit for bytes fetched from origins, in bytes per second. */
  readonly limitRate?: number;
  /** At most this many connections to an origin at once, 1 to 16. Default 4. */
  readonly connections?: number;
  /** Expected digest of the file, `alg:hex` with alg one of sha256, sha512, sha1, md5. */
  readonly checksum?: string;
  /** How requests to origins are made: headers, cookies, proxies, certificates. */
  readonly request?: RequestOptions;
  /** `get` only: which downloads run when. */
  readonly queue?: QueueOptions;
  /** Stop, with the state kept, after so many bytes from origins. */
  readonly quotaBytes?: number;
  /** Ask the origin for a digest in files beside the download, and GitHub for that of a release. Default true. */
  readonly lookUpDigests?: boolean;
  /** Keep the machine awake while there is work. Default true. */
  readonly keepAwake?: boolean;
  /** A program to run for each finished download: the path of the file is its last argument. */
  readonly onComplete?: string;
  /** Tell the desktop when all is over. */
  readonly notify?: boolean;
  /** Let the room name URLs at private or loopback addresses. */
  readonly allowPrivate?: boolean;
  /** Go on serving after the end, until stopped. */
  readonly stay?: boolean;
  /** Leave a room as soon as everything is done here, whoever needs it or is still to come. `stay` is not heard then. */
  readonly leave?: boolean;
  /** Moves config, data and cache under one folder. Default: DRAGONLOAD_HOME, else the platform's places. */
  readonly home?: string;
  /** Asked before a download that the room offers is taken on. Default: no. */
  readonly consent?: (offer: Offer) => Promise<boolean>;
  readonly onEvent?: (event: TaskEvent) => void;
  /** Aborting stops the task in order: state is saved and the room is told. */
  readonly signal?: AbortSignal;
}

/** So many downloads of a `get` run at once, unless the options say otherwise. */
export const DEFAULT_CONCURRENT = 5;

/** When the downloads of a `get` run. */
export interface QueueOptions {
  /** So many at once, 1 to 64. Default 5. */
  readonly concurrent?: number;
  /** So many at once from one host. Default: as many as at once. */
  readonly perHost?: number;
  /** So many times a download that failed for a reason that may pass is tried again. Default 3. */
  readonly retries?: number;
  /** Time of day to start at, `HH:MM` local time. */
  readonly startAt?: string;
  /** Work only between these times of day, `HH:MM-HH:MM` local time, over midnight if the second is earlier. */
  readonly window?: string;
  /** Directories by file name: the first pattern (`*` and `?`) that fits decides. Relative to the directory. */
  readonly categories?: readonly (readonly [pattern: string, directory: string])[];
}

export type TaskEvent =
  | { readonly type: 'invite'; readonly link: string }
  | {
      readonly type: 'member';
      readonly change: 'joined' | 'left';
      readonly id: MemberId;
      readonly name: string;
    }
  /** Resumed: so many bytes of an earlier run were found and checked. */
  | {
      readonly type: 'resumed';
      readonly download: DownloadId;
      readonly fileName: string;
      readonly bytes: number;
    }
  | { readonly type: 'done'; readonly result: Result }
  /** Something went wrong that the task survives, or one of several downloads failed. */
  | {
      readonly type: 'error';
      readonly error: DragonloadError;
      /** The download that it is about: its number in the list, and its address fit to be shown. */
      readonly id?: number | undefined;
      readonly url?: string | undefined;
    }
  /**
   * Everything is done here, and the member stays: until it is stopped, for members that still need pieces, or for
   * joiners that were invited, at most so many milliseconds.
   */
  | {
      readonly type: 'waiting';
      readonly for: 'stop' | 'members' | 'joiners';
      readonly leftMs: number | undefined;
    }
  /** Tell the user. `hint`: what can be done, where there is something. */
  | { readonly type: 'notice'; readonly message: string; readonly hint?: Hint | undefined };

/** A running `get`, `host` or `join`. Disposing of it stops it in order. */
export interface Task extends AsyncDisposable {
  /** What there is to see now. Cheap: meant to be called several times a second. */
  view(): View;
  /** What there is to see now, as data and with all downloads. Cheap: what has not changed is not drawn anew. */
  picture(): TaskPicture;
  /** The rates of what runs now. */
  rates(): readonly DownloadRates[];
  /** How many downloads there are by now. */
  readonly downloadCount: number;
  /**
   * Resolves when this member has everything and nobody needs it any more (with `stay`: when stopped), with the results
   * in the order in which the downloads were taken on.
   * Rejects with a `DragonloadError` when a download failed; with the code `aborted` when stopped before the end.
   */
  readonly finished: Promise<readonly Result[]>;
  /** Saves state, tells the room, closes everything. Resolves when all of that is done. */
  stop(): Promise<void>;
}
