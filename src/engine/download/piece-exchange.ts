import type { MemberId } from '../../core/ids.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { PieceDigest } from '../../disk/digests/digest.ts';
import { NOBODY } from './trust.ts';

/** Gets bytes from a member of the room. `onRecords` hears of records whose signatures were checked, before the bytes. */
export type PullFrom = (request: {
  readonly peer: MemberId;
  readonly download: string;
  readonly start: number;
  readonly end: number;
  readonly onChunk: (chunk: Uint8Array) => Promise<void> | undefined;
  readonly onRecords: (records: readonly PieceRecord[]) => void;
  readonly signal: AbortSignal;
}) => Promise<{ readonly outcome: 'complete' | 'stopped' | 'broken' | 'refused' }>;

/** What a member does with pieces beside keeping them: swaps them with others and signs what it has fetched. */
export interface PieceExchange {
  /** There are others, who may have brought what is wrong, and who may be shown what is right. */
  readonly isShared: boolean;
  readonly pull: PullFrom;
  /** A record that this member fetched a piece from the origin. */
  readonly sign: (offer: Offer, piece: number, sha256: Uint8Array) => PieceRecord;
  /** What pieces are known by. */
  readonly pieceDigest: PieceDigest;
  /** How long a download whose link has expired waits for a fresh one, in milliseconds. */
  readonly linkPatienceMs: number;
}

/** Records carry no name and no signature. */
const UNSIGNED = new Uint8Array(64);

/**
 * For a member without a room. Nobody is shown the pieces, so that SHA-256 is for the whole file alone; and nobody can have a
 * fresh link: the download fails at once, and goes on when it is started again with one.
 */
export const ALONE: PieceExchange = {
  isShared: false,
  pull: async () => ({ outcome: 'refused' }),
  sign: (_offer, piece, sha256) => ({ piece, sha256, signer: NOBODY, signature: UNSIGNED }),
  pieceDigest: 'crc32',
  linkPatienceMs: 0,
};
