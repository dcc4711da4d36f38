import type { Command } from '../contract.ts';
import type { Announcer } from '../download/announcer.ts';
import type { DownloadState } from '../download/download-state.ts';
import { Proofs } from '../download/proofs.ts';
import type { PieceRecord } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';
import type { LanSide } from './lan-side.ts';
import type { Refetcher } from './refetcher.ts';

/** After so many pieces in a row that were worth nothing, bytes from members are no reason to go on waiting. */
const MAX_IN_VAIN = 3;

export interface ReceivedPiecesOptions {
  readonly state: DownloadState;
  readonly lan: LanSide;
  readonly refetcher: Refetcher;
  readonly announcer: Announcer;
  /** Does whatever can be done now. */
  readonly schedule: (nowMs: number) => void;
  readonly emit: (command: Command) => void;
}

/** What becomes of pieces whose bytes are all there: hashed, proven, kept and announced, or thrown away. */
export class ReceivedPieces {
  readonly #options: ReceivedPiecesOptions;
  readonly #proofs: Proofs;
  /** Pieces that were worth nothing since one was kept. */
  #inVain = 0;

  constructor(options: ReceivedPiecesOptions) {
    const { state, lan, refetcher, emit } = options;
    this.#options = options;
    this.#proofs = new Proofs({
      state,
      isPulling: (piece) => lan.isPulling(piece),
      discard: (piece, nowMs) => this.#discard(piece, nowMs),
      fetchAgain: (pieces) => refetcher.refetch(pieces),
      emit,
    });
  }

  /** Whether what members send has lately been good for something. */
  get areWorthwhile(): boolean {
    return this.#inVain < MAX_IN_VAIN;
  }

  /** All bytes of these pieces are on disk. */
  full(pieces: readonly number[]): void {
    const { state, emit } = this.#options;
    for (const piece of pieces) emit({ type: 'hash', download: state.offer.download, piece });
  }

  /** A record came in, its signature checked. */
  learn(record: PieceRecord, nowMs: number): void {
    this.#proofs.learn(record, nowMs);
  }

  hashed(piece: number, sha256: Uint8Array, nowMs: number): void {
    this.#proofs.hashed(piece, sha256, nowMs);
  }

  /** A pull of these bytes is over. */
  pullEnded(range: ByteRange, nowMs: number): void {
    this.#proofs.pullEnded(range, nowMs);
  }

  /** The journal has a piece. */
  kept(record: PieceRecord, nowMs: number): void {
    const { state, refetcher, announcer, schedule } = this.#options;
    const { ledger, knowledge, me } = state;
    const isFull = state.isFull(record.piece);
    // Its signer was found out between the check and this, or the file turned out to be shorter.
    const isLie = knowledge.isBannedSigner(record.signer);
    if (isFull ? isLie : !ledger.held.has(record.piece)) refetcher.unkeep(record.piece);
    if (!isFull) return;
    if (isLie) return this.#discard(record.piece, nowMs);
    this.#inVain = 0;
    knowledge.settle(record);
    ledger.hold(record.piece);
    announcer.add(record.piece, record.signer === me, nowMs);
    schedule(nowMs);
  }

  /** A piece was received in vain. */
  #discard(piece: number, nowMs: number): void {
    const { state, lan, schedule } = this.#options;
    this.#inVain++;
    for (const source of state.ledger.sourcesOf(piece)) if (source !== 'origin') lan.avoid(source, nowMs);
    state.ledger.reset(piece);
    lan.refresh(state.geometry.bytesOfRun({ start: piece, end: piece + 1 }));
    schedule(nowMs);
  }
}
