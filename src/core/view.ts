import type { DownloadId, MemberId } from './ids.ts';
import type { MemberPhase } from './messages.ts';

/**
 * An immutable picture of the room for people: the command line, the terminal app and the web app draw this and
 * nothing else. Rates are bytes per second, times are milliseconds.
 */
export interface View {
  readonly me: MemberId;
  /** Absent for a download alone. */
  readonly room: RoomView | undefined;
  /** Every member, this one first, then by seniority. Alone: just this one. */
  readonly members: readonly MemberView[];
  /** Of several: those under way and the latest that are over. */
  readonly downloads: readonly DownloadView[];
  /** How many downloads there are of each kind, where there is a queue. */
  readonly queue?: QueueView | undefined;
}

export interface QueueView {
  readonly waiting: number;
  readonly running: number;
  readonly paused: number;
  readonly done: number;
  readonly failed: number;
  /** When the schedule lets something run again, in milliseconds from now; undefined while it does. */
  readonly opensInMs?: number | undefined;
  /** Bytes held of those that run and of those that are done, and their sizes as far as they are known. */
  readonly heldBytes?: number | undefined;
  readonly sizeBytes?: number | undefined;
}

export interface RoomView {
  readonly id: string;
  readonly invite: string;
  readonly coordinator: MemberId | undefined;
  readonly epoch: number;
}

export interface MemberView {
  readonly id: MemberId;
  readonly name: string;
  readonly isMe: boolean;
  readonly connected: boolean;
  /** What it does for the download it works on. */
  readonly download: DownloadId | undefined;
  readonly phase: MemberPhase;
  readonly heldBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly uploadBytes: number;
  readonly originRate: number;
  readonly lanRate: number;
  readonly canFetch: boolean;
}

/** Consecutive pieces of a download that are in the same state. */
export interface PieceRun {
  readonly start: number;
  /** The first piece that is not in it any more. */
  readonly end: number;
  /** `held` here; `active`: its bytes are arriving or being checked; `peer`: somebody else in the room holds it. */
  readonly kind: 'held' | 'active' | 'peer';
  /** Who fetched it from the origin, where it is held, that is known and there is a room. */
  readonly by: MemberId | undefined;
}

export interface DownloadView {
  readonly id: DownloadId;
  readonly fileName: string;
  /** Without query, fragment or credentials: safe to show. */
  readonly url: string;
  readonly phase: MemberPhase;
  /** Undefined while the origin has not told. */
  readonly sizeBytes: number | undefined;
  readonly heldBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly uploadBytes: number;
  readonly originRate: number;
  readonly lanRate: number;
  /** Origin bytes that all members together have fetched. */
  readonly roomOriginBytes: number;
  readonly pieceBytes: number;
  readonly pieceCount: number | undefined;
  /** Ascending and apart from each other; pieces in no run are missing. None while the size is unknown. */
  readonly pieces: readonly PieceRun[];
  /** Estimated time to the end, in milliseconds; undefined while unknown. */
  readonly leftMs: number | undefined;
  readonly startedMs: number;
}
