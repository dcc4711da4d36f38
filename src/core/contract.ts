import type { ErrorCode } from './errors.ts';
import type { DownloadId, MemberId } from './ids.ts';
import type { Message, Offer, PieceRecord } from './messages.ts';
import type { ByteRange } from './ranges.ts';
import type { View } from './view.ts';

/**
 * The contract between the core of a member and the world that runs it: the engine, or the simulator. The world reports
 * what happened with `handle(event, nowMs)`, carries out what `drain()` returns, shows `view(nowMs)`, and calls
 * `handle({ type: 'tick' }, nowMs)` no later than `deadline()`. `nowMs` never goes back. Beside these four doors there are
 * only the `facts` that signatures are checked with. What the world owes the core, and the core the world:
 *
 * - Commands are carried out in their order. What comes of them is told by events, later or at once.
 * - A `fetch` is answered by any number of `origin-bytes`, without a gap, and one `origin-ended`; a `pull` by at most one
 *   `records`, then any number of `pull-bytes`, and one `pull-ended`. Nothing of a transfer comes after its end.
 * - A `hash` is answered by one `hashed`, or the download by `failed`. `records` come before the bytes that they prove.
 * - `sign` and `keep` are answered by one `kept`, after the journal has taken the piece, or the download by `failed`: only
 *   what is kept is announced.
 * - `finish` is answered by one of `finished`, `suspect` and `failed`.
 * - A disk that fails is told by `failed`. Told once or several times, the core says `failed` once, asks for nothing more of
 *   that download and announces nothing more.
 * - Each `serve-request` is answered once, by `serve` or `refuse-serve`, unless a `served` says before that nobody waits
 *   for it any more. Each `serve` is answered by one `served`.
 * - After `leave` what was under way is still proven, kept and finished: the core hears bytes, records, `hashed`, `kept` and
 *   `finished`. It refuses what others ask and ignores all else, however late or often it comes.
 *
 * `src/testing/contract` checks all of it on a log of events and commands; simulator and engine both have to pass.
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
  /** In answer to `finish`: the whole file is right and has its name. Answered with `done`. */
  | { readonly type: 'finished'; readonly download: DownloadId }
  | ServeRequest
  /** A request of a member is over, after so many bytes were read for it: 0 when it was given up before its turn. */
  | { readonly type: 'served'; readonly request: number; readonly bytes: number }
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
      readonly reason: FailureReason;
    }
  /** The user leaves: the room is told, transfers end. What they had brought by then may still be told, hashed and kept. */
  | { readonly type: 'leave' }
  /** The disk failed, or the finished file is wrong and nobody knows where (`digest-mismatch`). */
  | { readonly type: 'failed'; readonly download: DownloadId; readonly reason: FailureReason };

/**
 * Why something failed. The core reads no more of it than this and hands back the very value that it was given, so the world
 * may put in an error that knows more.
 */
export interface FailureReason {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A member asks for bytes. Nothing about it has been compared with anything yet. */
export interface ServeRequest extends ByteRange {
  readonly type: 'serve-request';
  /** Chosen by the world, used once. */
  readonly request: number;
  readonly peer: MemberId;
  readonly download: DownloadId;
}

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
  /** Why it may not, if that is known. */
  readonly reason?: FailureReason | undefined;
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
  /** Why it did not end well, if that is known. */
  readonly reason?: FailureReason | undefined;
  /** An origin that sends the file only from its first byte sent all that comes before the wanted bytes, and none of them. */
  readonly reachedStart?: boolean;
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
  /** Every piece is held: check the whole file, rename it, answer with `finished`, `suspect` or `failed`. */
  | { readonly type: 'finish'; readonly download: DownloadId }
  | DownloadDone
  /**
   * The download has failed: nobody can give what is missing, what they give is wrong each time, or the world said so.
   * `reason` is the value that the world gave when that is why. Wants no answer; all transfers of the download end.
   */
  | { readonly type: 'failed'; readonly download: DownloadId; readonly reason: FailureReason }
  /** What had failed goes on: there is another address, or another network. */
  | { readonly type: 'recovered'; readonly download: DownloadId }
  /** The link has expired, and nobody in the room brings what is missing: tell the user, who may have a fresh one. */
  | { readonly type: 'needs-link'; readonly download: DownloadId; readonly reason: FailureReason }
  /** Send what the request asks for, with these records, and answer with `served` when that is over. */
  | { readonly type: 'serve'; readonly request: number; readonly records: readonly PieceRecord[] }
  /** Tell whoever asks that it is not to be had here. Wants no answer. */
  | { readonly type: 'refuse-serve'; readonly request: number }
  /**
   * A member that is present lacks pieces of a download of this one. `progressMs`: when one of those that do last made
   * progress, or came, by the times of `handle`; told again when that changes. At first nobody lacks anything.
   */
  | { readonly type: 'needed'; readonly progressMs: number }
  /** Nobody does any more. */
  | { readonly type: 'not-needed' }
  /** Tell the user. */
  | { readonly type: 'member-joined' | 'member-left'; readonly peer: MemberId; readonly name: string };

/** The download is over, and what there is to say about it. Wants no answer. */
export interface DownloadDone {
  readonly type: 'done';
  readonly download: DownloadId;
  /** Whose word this member takes for what it has: who signed or fetched its pieces, and who said where the file ends. */
  readonly signers: readonly MemberId[];
  /** How many connections to the origin proved right. */
  readonly connections: number;
}

/** What a world may ask about besides, to check signatures before it hands anything to the core. Decides nothing. */
export interface SignatureFacts {
  /** What signatures about a download cover; undefined when nobody has offered it. */
  offerOf(download: DownloadId): Offer | undefined;
  /** The record of a piece that is believed so far: the same one need not be checked again. */
  recordOf(download: DownloadId, piece: number): PieceRecord | undefined;
  /** The certificate of a member, present or gone. */
  certificateOf(member: MemberId): Uint8Array | undefined;
}

/** A core, as the world sees it: the four doors, and the facts. */
export interface Core {
  /** Tells what happened. `nowMs` never goes back. */
  handle(event: Event, nowMs: number): void;
  /** Commands since the last call, in order. */
  drain(): readonly Command[];
  /** When the core wants to be woken with a `tick`, if nothing happens before. */
  deadline(): number | undefined;
  view(nowMs: number): View;
  readonly facts: SignatureFacts;
}
