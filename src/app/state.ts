import type { ErrorValue } from '../core/errors.ts';
import type { Hint } from '../core/hint.ts';
import type { DownloadId, MemberId, RoomId } from '../core/ids.ts';
import type { MemberPhase } from '../core/messages.ts';
import type { Trust } from '../core/result.ts';
import type { PieceRun } from '../core/view.ts';

export type { PieceRun } from '../core/view.ts';

/**
 * Everything that a face shows, as plain data: it survives `structuredClone` unchanged, and `JSON`, which leaves out fields
 * that are undefined. Immutable; each change makes a new one with a higher version, in which what has not changed is the
 * same object as before. Rates are bytes per second, sizes bytes, times milliseconds since the epoch.
 */
export interface EngineState {
  /** Rises with every change, by one or more. */
  readonly version: number;
  /** In the order in which they were asked for. */
  readonly downloads: readonly DownloadState[];
  readonly rooms: readonly RoomState[];
  readonly queue: QueueState;
  /** Rates of all downloads together. */
  readonly history: RateHistory;
  readonly settings: EngineSettings;
  /** The latest words for the user, oldest first; at most 100. */
  readonly notices: readonly Notice[];
}

/**
 * `waiting` for its turn, a free place or its hour; `finding`: looking at the origin; `running`; `checking` the whole file;
 * `paused` by the user; `failed`; `done`; `removed` at the user's wish, for as long as its part is being deleted.
 */
export type DownloadStatus =
  | 'waiting'
  | 'finding'
  | 'running'
  | 'checking'
  | 'paused'
  | 'failed'
  | 'done'
  | 'removed';

export interface DownloadState {
  /** Its number in the list of downloads: the same from the first moment to the last, and in the next process. */
  readonly id: number;
  /** What the room knows it by; undefined until the origin has been looked at. */
  readonly download: DownloadId | undefined;
  /** The room that it belongs to; undefined for one alone. */
  readonly room: RoomId | undefined;
  /** Without query, fragment or credentials: safe to show. */
  readonly url: string;
  readonly fileName: string;
  /** Where the finished file is, or will be unless the name is taken by then; undefined until that is known. */
  readonly path: string | undefined;
  readonly status: DownloadStatus;
  /** Why it failed, or failed the last time when it waits to be tried again. */
  readonly error: ErrorState | undefined;
  readonly priority: number;
  /** Its own limit; undefined: none. */
  readonly limitRate: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly heldBytes: number;
  /** What an earlier run had left of it. */
  readonly resumedBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly uploadBytes: number;
  /** Origin bytes that all members together have fetched. */
  readonly roomOriginBytes: number;
  readonly originRate: number;
  readonly lanRate: number;
  /** Estimated time to the end; undefined while unknown. */
  readonly leftMs: number | undefined;
  readonly addedAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly pieces: PieceMap;
  readonly history: RateHistory;
  /** Once it is done. */
  readonly result: ResultState | undefined;
}

export interface ResultState {
  readonly path: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly trust: Trust;
  readonly seconds: number;
  /** Estimate of the seconds that this member's own link alone would have taken; undefined when alone. */
  readonly aloneSeconds: number | undefined;
}

/** A failure, for faces and scripts. */
export interface ErrorState extends ErrorValue {
  /** The hint in words that fit every face; a face that has flags, buttons or keys makes its own words of `hint`. */
  readonly next: string | undefined;
}

/** Which pieces there are and who brought them, as consecutive runs. Pieces in no run are missing. */
export interface PieceMap {
  readonly pieceBytes: number;
  /** Undefined while the size is unknown. */
  readonly pieceCount: number | undefined;
  /** Ascending, apart from each other, as long as possible. */
  readonly runs: readonly PieceRun[];
}

/** Rates kept by the engine, so that a graph goes on while nobody looks. */
export interface RateHistory {
  /** Between two samples. */
  readonly stepMs: number;
  /** When the last sample was taken; 0 while there is none. */
  readonly atMs: number;
  /** Oldest first; both lists are of one length, at most 300. */
  readonly originRates: readonly number[];
  readonly lanRates: readonly number[];
}

export interface RoomState {
  readonly id: RoomId;
  readonly way: 'host' | 'join' | 'list';
  /** Undefined where there is none, as in a room from a list that everybody has. */
  readonly invite: string | undefined;
  readonly status: 'open' | 'leaving' | 'left' | 'failed';
  readonly error: ErrorState | undefined;
  readonly me: MemberId | undefined;
  readonly coordinator: MemberId | undefined;
  readonly epoch: number;
  /** This member first, then by seniority. */
  readonly members: readonly MemberState[];
  /** What it stays for when everything is done here. */
  readonly waitsFor: 'members' | 'joiners' | 'stop' | undefined;
}

export interface MemberState {
  readonly id: MemberId;
  readonly name: string;
  readonly isMe: boolean;
  readonly isConnected: boolean;
  /** What it works on. */
  readonly download: DownloadId | undefined;
  readonly phase: MemberPhase;
  readonly heldBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly uploadBytes: number;
  readonly originRate: number;
  readonly lanRate: number;
  /** Whether it may fetch from the origin. */
  readonly canFetch: boolean;
}

/** How many of the downloads are in each state, and what the schedule and the quota say. */
export interface QueueState {
  readonly waiting: number;
  readonly running: number;
  readonly paused: number;
  readonly done: number;
  readonly failed: number;
  /** When the schedule lets something run again; undefined while it does. */
  readonly opensAtMs: number | undefined;
  /** The quota is used up: nothing starts any more. */
  readonly isQuotaSpent: boolean;
  /** Of those that run and of those that are done, as far as sizes are known. */
  readonly heldBytes: number;
  readonly sizeBytes: number;
}

/** What can be changed while the engine runs. */
export interface EngineSettings {
  /** Limit for all downloads of this engine; undefined: none. */
  readonly limitRate: number | undefined;
  /** So many downloads at once. */
  readonly concurrent: number;
}

export interface Notice {
  readonly atMs: number;
  readonly message: string;
  /** What the user can do, where there is something. */
  readonly hint?: Hint;
  /** The download that it is about. */
  readonly download: number | undefined;
}
