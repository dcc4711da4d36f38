import type { ErrorCode } from './errors.ts';
import type { DownloadId, MemberId } from './ids.ts';
import type { Message, Offer, PieceRecord } from './messages.ts';
import type { ByteRange } from './ranges.ts';

/**
 * The door between the core of a member and the world. The world reports what happened with `handle(event, nowMs)`,
 * carries out what `drain()` returns, and calls `handle({ type: 'tick' }, nowMs)` no later than `deadline()`.
 * Nothing else goes in or out. `nowMs` never goes back.
 */
export type Event =
  | { readonly type: 'tick' }
  // Rooms.
  | PeerUp
  | { readonly type: 'peer-down'; readonly peer: MemberId }
  | { readonly type: 'message'; readonly from: MemberId; readonly message: Message }
  // Downloads of this member.
  | AddDownload
  | ProbeDone
  | OriginBytes
  | OriginEnded
  | PullBytes
  | PullEnded
  /**
   * Records that came with the answer to a pull, their signatures checked. They come before the first `pull-bytes` of that
   * pull: what is hashed can be compared at once.
   */
  | { readonly type: 'records'; readonly download: DownloadId; readonly records: readonly PieceRecord[] }
  | { readonly type: 'size-known'; readonly download: DownloadId; readonly sizeBytes: number }
  | {
      readonly type: 'hashed';
      readonly download: DownloadId;
      readonly piece: number;
      readonly sha256: Uint8Array;
    }
  | { readonly type: 'kept'; readonly download: DownloadId; readonly record: PieceRecord }
  | { readonly type: 'finished'; readonly download: DownloadId }
  /** Bytes of a download were sent to a member. */
  | { readonly type: 'served'; readonly download: DownloadId; readonly bytes: number }
  /** The user does not want a download that the room offers. */
  | { readonly type: 'declined'; readonly download: DownloadId }
  /** The network or the machine was away: connections are worth nothing, and what failed meanwhile proves nothing. */
  | { readonly type: 'network-changed' }
  /** The user knows further addresses of the file: a fresh link for one that has expired, or mirrors. The room is told. */
  | { readonly type: 'add-sources'; readonly download: DownloadId; readonly urls: readonly string[] }
  /** In answer to `finish`: the whole file is wrong, and these held pieces, ascending, are why. They are fetched again. */
  | {
      readonly type: 'suspect';
      readonly download: DownloadId;
      readonly pieces: readonly number[];
      readonly message: string;
    }
  /** The user leaves: the room is told, transfers end. What they had brought by then may still be told, hashed and kept. */
  | { readonly type: 'leave' }
  | {
      readonly type: 'failed';
      readonly download: DownloadId;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** A session with an admitted member is open; its identity and membership have been checked. */
export interface PeerUp {
  readonly type: 'peer-up';
  readonly peer: MemberId;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly certificate: Uint8Array;
}

/** A download to take part in: opened by the user of this member, or offered by the room and accepted. */
export interface AddDownload {
  readonly type: 'add-download';
  readonly offer: Offer;
  /** Pieces that are on disk already, checked. */
  readonly held: readonly PieceRecord[];
  /** At most this many connections to the origin at once. */
  readonly maxConnections: number;
  /** As many as proved right for this origin earlier: where to begin. Default 1. */
  readonly firstConnections?: number | undefined;
  /** How long to wait for a fresh link when the one there is has expired, in milliseconds. Default 0. */
  readonly linkPatienceMs?: number | undefined;
}

/** This member has looked at the origin itself: whether it may fetch from it. */
export interface ProbeDone {
  readonly type: 'probe-done';
  readonly download: DownloadId;
  readonly canFetch: boolean;
  readonly message: string | undefined;
  /** It cannot, and a fresh link would heal that: for others this one has worked. */
  readonly hasExpired?: boolean | undefined;
}

/** Bytes of an origin stream are on disk. They follow one another without a gap. */
export interface OriginBytes extends ByteRange {
  readonly type: 'origin-bytes';
  readonly download: DownloadId;
  readonly stream: number;
}

/** How a transfer came to its end. `stopped`: this core asked for it. */
export type OriginOutcome =
  | 'complete'
  | 'stopped'
  /** Broke off; may be tried again. */
  | 'broken'
  /** The origin wants fewer connections or a pause (429, 503, refused). */
  | 'busy'
  /** The origin will not serve this member (403, 404, changed file, certificate): do not try again. */
  | 'refused'
  /** It does not serve parts any more, as it had: what is missing can be had by reading the file from its first byte on. */
  | 'rangeless'
  /** The link has expired (401, 403, 404, 410 or a page in its place, after it had worked): a fresh one would heal it. */
  | 'expired';

export interface OriginEnded {
  readonly type: 'origin-ended';
  readonly download: DownloadId;
  readonly stream: number;
  readonly outcome: OriginOutcome;
  /** What the origin asked for with Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly message: string | undefined;
}

/** Bytes of a pull are on disk. They follow one another without a gap. */
export interface PullBytes extends ByteRange {
  readonly type: 'pull-bytes';
  readonly download: DownloadId;
  readonly pull: number;
}

export interface PullEnded {
  readonly type: 'pull-ended';
  readonly download: DownloadId;
  readonly pull: number;
  /** `refused`: the peer answered that it does not have it, or answered rubbish. */
  readonly outcome: 'complete' | 'stopped' | 'broken' | 'refused';
}

export type Command =
  | { readonly type: 'send'; readonly to: MemberId; readonly message: Message }
  /** Open a session with a member of the roster, if there is none. */
  | { readonly type: 'dial'; readonly peer: MemberId; readonly addresses: readonly string[] }
  /** End the session: it misbehaved, for the reason given. It is not let in again while this process runs. */
  | { readonly type: 'drop'; readonly peer: MemberId; readonly reason: string }
  /** The room offers a download that this member has not added: ask the user, probe it, then `add-download`. */
  | { readonly type: 'offered'; readonly offer: Offer }
  /**
   * Fetch bytes from the origin on a connection of their own; `end` undefined: to the end of the file. An origin without
   * ranges is read from its first byte, and what comes before `start` is passed over.
   */
  | {
      readonly type: 'fetch';
      readonly download: DownloadId;
      readonly stream: number;
      readonly start: number;
      readonly end: number | undefined;
    }
  /** Let the stream end at `end` instead, and hand over nothing beyond. Ends with the outcome `complete`. */
  | { readonly type: 'trim'; readonly download: DownloadId; readonly stream: number; readonly end: number }
  | { readonly type: 'stop-fetch'; readonly download: DownloadId; readonly stream: number }
  /** A member names further addresses of the file: not to be trusted more than the member. */
  | {
      readonly type: 'use-sources';
      readonly download: DownloadId;
      readonly urls: readonly string[];
      readonly from: MemberId;
    }
  /** Get bytes from a member that holds them. */
  | {
      readonly type: 'pull';
      readonly download: DownloadId;
      readonly pull: number;
      readonly from: MemberId;
      readonly start: number;
      readonly end: number;
    }
  | { readonly type: 'stop-pull'; readonly download: DownloadId; readonly pull: number }
  /** The size became known, here or to another member: the part file ends there. Comes before the last piece is hashed. */
  | { readonly type: 'set-size'; readonly download: DownloadId; readonly sizeBytes: number }
  /** All bytes of the piece are on disk: hash it and answer with `hashed`. */
  | { readonly type: 'hash'; readonly download: DownloadId; readonly piece: number }
  /** The piece came from the origin: sign a record, journal it, answer with `kept`. */
  | {
      readonly type: 'sign';
      readonly download: DownloadId;
      readonly piece: number;
      readonly sha256: Uint8Array;
    }
  /** The piece came from a member and matches its record: journal it, answer with `kept`. */
  | { readonly type: 'keep'; readonly download: DownloadId; readonly record: PieceRecord }
  /**
   * A piece that was kept is not believed any more: its bytes count for nothing, in the journal too, and are about to be
   * written anew.
   */
  | { readonly type: 'unkeep'; readonly download: DownloadId; readonly piece: number }
  /** Every piece is held: check the whole file, rename it, answer with `finished` or `failed`. */
  | { readonly type: 'finish'; readonly download: DownloadId }
  /**
   * The download has failed: neither the origin nor anybody in the room can give what is missing (`origin-failed`), or
   * what they give is wrong each time (`digest-mismatch`). Wants no answer. The first kind goes on when there is reason to
   * hope again: another address, another network.
   */
  | {
      readonly type: 'hopeless';
      readonly download: DownloadId;
      readonly code: ErrorCode;
      readonly message: string;
    }
  /** The link has expired, and nobody in the room brings what is missing: tell the user, who may have a fresh one. */
  | { readonly type: 'needs-link'; readonly download: DownloadId; readonly message: string }
  /** Tell the user. */
  | { readonly type: 'member-joined' | 'member-left'; readonly peer: MemberId; readonly name: string };
