import type { DownloadId, MemberId } from './ids.ts';
import type { ByteRange, Run } from './ranges.ts';

/**
 * What members tell each other. Every state carried here is soft: it can be lost and is rebuilt from later messages.
 * The wire forms and their limits are in `proto/`; `src/lan/wire.ts` turns one into the other and checks it.
 */
export type Message =
  | Roster
  | Coordinate
  | Offer
  | Sources
  | Have
  | Fragment
  | Status
  | Report
  | Grant
  | Revoke
  | Bye;

/** A member as the coordinator introduces it to the others. */
export interface RosterEntry {
  readonly id: MemberId;
  readonly name: string;
  /** Where the member listens, as `host:port`, best first. Empty when it can only dial out. */
  readonly addresses: readonly string[];
  /** DER of the certificate whose SHA-256 is `id`: lets anyone check records that this member signed. */
  readonly certificate: Uint8Array;
  /** Order of arrival, from 1. The living member with the lowest seniority coordinates. */
  readonly seniority: number;
  /** False once the member has left; it stays listed because records that it signed live on. */
  readonly present: boolean;
}

/** From the coordinator: who is in the room. Receivers dial those they have no session with. */
export interface Roster {
  readonly type: 'roster';
  readonly epoch: number;
  readonly members: readonly RosterEntry[];
}

/** The sender coordinates from now on. Of two claims the higher epoch wins, then the lower seniority, then the lower id. */
export interface Coordinate {
  readonly type: 'coordinate';
  readonly epoch: number;
  readonly seniority: number;
}

/** What identifies a file at its origin, to tell whether two members mean the same one. */
export interface FileIdentity {
  readonly sizeBytes: number | undefined;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** A download of the room. Later offers of the same id only ever add what was unknown (the size). */
export interface Offer {
  readonly type: 'offer';
  readonly download: DownloadId;
  readonly url: string;
  readonly fileName: string;
  readonly pieceBytes: number;
  /** False when the origin cannot serve ranges: one member streams the file from its first byte. */
  readonly ranges: boolean;
  readonly identity: FileIdentity;
  /** `alg:hex`, when a whole-file digest was given by the user who opened the room. */
  readonly checksum: string | undefined;
  /** Position in the room's list of downloads; members work on the lowest unfinished one. */
  readonly order: number;
}

/**
 * Further addresses of a download's file: a fresh link in the place of one that has expired, or mirrors. At most
 * `MAX_SOURCES`. Receivers check that what they give agrees with what they hold, and pass on what is new to them.
 */
export interface Sources {
  readonly type: 'sources';
  readonly download: DownloadId;
  readonly urls: readonly string[];
}

/** The most addresses that a download has, those of its offer and its metadata included. */
export const MAX_SOURCES = 32;

/** Longest URL that is taken from anybody, in UTF-16 code units: what a frame of the protocol carries. */
export const MAX_URL_CHARS = 8192;

/** A member's signed word that it fetched these bytes of the origin's file and that they have this hash. */
export interface PieceRecord {
  readonly piece: number;
  /** SHA-256 of the whole piece: 32 bytes. */
  readonly sha256: Uint8Array;
  readonly signer: MemberId;
  /** ECDSA P-256 over SHA-256, IEEE P1363 form: 64 bytes. See docs/protocol.md for what is signed. */
  readonly signature: Uint8Array;
}

/** Pieces that the sender holds and has checked. Adds to what it said before; never takes back. */
export interface Have {
  readonly type: 'have';
  readonly download: DownloadId;
  readonly runs: readonly Run[];
  /** Records of pieces that the sender fetched itself; relays send none (a piece transfer carries its record). */
  readonly records: readonly PieceRecord[];
}

/** The sender has fetched the tail of a piece that the receiver is still fetching: it may be pulled. Bytes of one piece. */
export interface Fragment extends ByteRange {
  readonly type: 'fragment';
  readonly download: DownloadId;
}

/** What a member is doing, for the eyes of people. Rates are bytes per second. Also the heartbeat: at least one a second. */
export interface Status {
  readonly type: 'status';
  readonly downloads: readonly DownloadStatus[];
}

export interface DownloadStatus {
  readonly download: DownloadId;
  readonly phase: MemberPhase;
  readonly heldBytes: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  readonly uploadBytes: number;
  readonly originRate: number;
  readonly lanRate: number;
  /** Whether this member can reach the origin at the moment. */
  readonly fetching: boolean;
}

export type MemberPhase = 'waiting' | 'downloading' | 'checking' | 'done' | 'failed';

/**
 * To the coordinator: everything about this member's leases of one download. The full truth each time, so that one
 * report is enough to rebuild what a dead coordinator knew.
 */
export interface Report {
  readonly type: 'report';
  readonly epoch: number;
  readonly download: DownloadId;
  /** Measured rate from the origin in bytes per second; 0 while unknown. */
  readonly originRate: number;
  /** False while the origin refuses this member: it is granted nothing. */
  readonly canFetch: boolean;
  /** How many further leases it would take now. */
  readonly wants: number;
  /** The highest lease id it has seen; a lease up to this id that is not listed below is over. */
  readonly seenLease: number;
  readonly leases: readonly LeaseReport[];
}

export interface LeaseReport extends ByteRange {
  readonly lease: number;
  /** How many bytes between `start` and `end`, as given here, have arrived, in any order: after a revoke, of what is left. */
  readonly receivedBytes: number;
}

/** `run`: whole pieces that nobody else was given. `tail`: the end of a piece that `owner` is still fetching. */
export interface Lease extends ByteRange {
  readonly lease: number;
  readonly kind: 'run' | 'tail';
  /** For a tail: who is fetching the piece and wants the bytes. */
  readonly owner: MemberId | undefined;
}

/** From the coordinator: fetch these bytes from the origin. A tail is told to its owner as well, which fetches nothing. */
export interface Grant {
  readonly type: 'grant';
  readonly epoch: number;
  readonly download: DownloadId;
  readonly lease: Lease;
}

/** From the coordinator: the lease now ends at `end` (at or before its start: drop it whole). */
export interface Revoke {
  readonly type: 'revoke';
  readonly epoch: number;
  readonly download: DownloadId;
  readonly lease: number;
  readonly end: number;
}

/** The sender leaves for good; nothing is expected of it any more. */
export interface Bye {
  readonly type: 'bye';
}
