import type { Hint } from '../core/hint.ts';
/** `waiting`: it runs when its turn comes. `running`: a living process runs it. */
export type DownloadState = 'waiting' | 'running' | 'paused' | 'done' | 'failed';

/** A state in which no process runs it. */
export type RestingState = Exclude<DownloadState, 'running'>;

/** A download as it is put on the list. */
export interface NewDownload {
  readonly way: 'get' | 'host' | 'join';
  readonly url: string;
  /** Absolute. */
  readonly directory: string;
  readonly fileName?: string;
  /** Higher ones first. Default 0. */
  readonly priority?: number;
  /** JSON with all that is needed to start it again. */
  readonly job: string;
}

/** A download on the list. */
export interface DownloadRow extends NewDownload {
  /** 1, 2, 3 ...: shown to people, never used twice. */
  readonly id: number;
  readonly priority: number;
  readonly state: DownloadState;
  /** A living process, perhaps this one, has claimed it: it runs, waits for its turn or pauses there. */
  readonly isTaken?: boolean;
  readonly path?: string;
  readonly sizeBytes?: number;
  readonly heldBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly bytesPerSecond: number;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Modification time of the finished file, from the file system. */
  readonly fileModifiedMs?: number;
  readonly sha256?: string;
  readonly trust?: string;
  readonly error?: DownloadFailure;
  readonly attempts: number;
  readonly createdMs: number;
  /** When it was first claimed. */
  readonly startedMs?: number;
  /** When it last came to be `done` or `failed`; undefined in any other state. */
  readonly finishedMs?: number;
}

export interface DownloadFailure {
  readonly code: string;
  readonly message: string;
  /** In words that fit every face, also for processes of a version that does not know of hints. */
  readonly next?: string | undefined;
  readonly hint?: Hint | undefined;
}

type Changeable = Omit<DownloadRow, 'id' | 'way' | 'state' | 'isTaken' | 'createdMs'>;

/**
 * Changes of a download. A field that is present and undefined becomes empty; fields that cannot be empty stay
 * unchanged. The state `running` is only set by a claim.
 */
export type DownloadPatch = { readonly [K in keyof Changeable]?: Changeable[K] | undefined } & {
  readonly state?: RestingState | undefined;
};

/** A request of one process to the one that runs a download. */
export interface ControlRequest {
  readonly kind: 'pause' | 'resume' | 'remove' | 'refresh' | 'limit' | 'priority';
  readonly download: number;
  readonly value?: string;
}
