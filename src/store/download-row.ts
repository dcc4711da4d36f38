import type { Hint } from '../core/hint.ts';
/** `waiting`: is to run when its turn comes. `running`: a living process has it. */
export type DownloadState = 'waiting' | 'running' | 'paused' | 'done' | 'failed';

/** A state that needs no process. */
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
  /** JSON: whatever is needed to start it again. */
  readonly job: string;
}

/** A download on the list. */
export interface DownloadRow extends NewDownload {
  /** 1, 2, 3 ...: shown to people, never used twice. */
  readonly id: number;
  readonly priority: number;
  readonly state: DownloadState;
  /** Some living process has it, this one included: it runs, waits for its turn or rests there. */
  readonly isTaken?: boolean;
  readonly path?: string;
  readonly sizeBytes?: number;
  readonly heldBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly bytesPerSecond: number;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Modification time of the finished file, as of the file system. */
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
 * What is new about a download. A field that is there and undefined becomes empty; those that cannot be empty stay as
 * they are. `running` comes of claiming only.
 */
export type DownloadPatch = { readonly [K in keyof Changeable]?: Changeable[K] | undefined } & {
  readonly state?: RestingState | undefined;
};

/** What one process asks of the one that runs a download. */
export interface ControlRequest {
  readonly kind: 'pause' | 'resume' | 'remove' | 'refresh' | 'limit' | 'priority';
  readonly download: number;
  readonly value?: string;
}
