import type { Command } from '../contract.ts';
import type { MemberId } from '../ids.ts';
import type { PieceRecord } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';
import type { DownloadState } from './download-state.ts';
import { judgePiece } from './verdict.ts';

export interface ProofsOptions {
  readonly state: DownloadState;
  /** Whether bytes of a piece are on their way from a member. */
  readonly isPulling: (piece: number) => boolean;
  /** The bytes of a full piece are worth nothing. */
  readonly discard: (piece: number, nowMs: number) => void;
  /** These pieces, ascending, are held and no longer believed in. */
  readonly fetchAgain: (pieces: readonly number[]) => void;
  readonly emit: (command: Command) => void;
}

/** Brings the hashes of full pieces and the signed records together, in whatever order they come. */
export class Proofs {
  readonly #options: ProofsOptions;
  readonly #state: DownloadState;
  /** Hashes of pulled pieces whose record has not come yet. */
  readonly #unproven = new Map<number, Uint8Array>();

  constructor(options: ProofsOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  /** A record came in with its signature checked. One that differs from what this member fetched itself is a lie. */
  learn(record: PieceRecord, nowMs: number): void {
    const { knowledge, me } = this.#state;
    const known = knowledge.learn(record);
    const waiting = this.#unproven.get(record.piece);
    if (waiting) this.hashed(record.piece, waiting, nowMs);
    if (!known || record.signer === me) return;
    if (known.signer === me) this.#distrust(record.signer, record.piece);
  }

  /** A piece has this hash. What was full when it was to be hashed may be something else by now. */
  hashed(piece: number, sha256: Uint8Array, nowMs: number): void {
    this.#unproven.delete(piece);
    if (!this.#state.isFull(piece)) return;
    const { ledger, knowledge, offer } = this.#state;
    const { download } = offer;
    const sources = ledger.sourcesOf(piece);
    const verdict = judgePiece({
      sha256,
      sources,
      record: knowledge.matching(piece, sha256) ?? knowledge.record(piece),
      arriving: this.#options.isPulling(piece),
    });
    switch (verdict.kind) {
      case 'sign':
        for (const liar of knowledge.signersAgainst(piece, sha256)) this.#distrust(liar, piece);
        this.#state.noteSources(piece, sources);
        return this.#options.emit({ type: 'sign', download, piece, sha256 });
      case 'keep':
        this.#state.noteSources(piece, []);
        return this.#options.emit({ type: 'keep', download, record: verdict.record });
      case 'wait':
        this.#unproven.set(piece, sha256);
        return;
      case 'discard':
        // Whoever relays what a liar had signed was deceived itself.
        if (verdict.culprit && !knowledge.isRevoked(piece, sha256)) {
          const reason = `it served a corrupt piece ${piece}`;
          this.#options.emit({ type: 'drop', peer: verdict.culprit, reason });
        }
        return this.#options.discard(piece, nowMs);
    }
  }

  /** A pull of these bytes is over. What is there by now and nobody has signed is worth nothing. */
  pullEnded({ start, end }: ByteRange, nowMs: number): void {
    const { geometry } = this.#state;
    for (const piece of this.#unproven.keys()) {
      if (geometry.startOf(piece) >= end || geometry.endOf(piece) <= start) continue;
      this.#unproven.delete(piece);
      if (this.#state.isFull(piece)) this.#options.discard(piece, nowMs);
    }
  }

  /** A member signed a hash that the origin's bytes do not have: it is banned, and what it signed is fetched again. */
  #distrust(signer: MemberId, piece: number): void {
    const { knowledge, ledger, me } = this.#state;
    if (signer === me) return;
    this.#options.emit({ type: 'drop', peer: signer, reason: `it signed a wrong hash for piece ${piece}` });
    const held = knowledge.banSigner(signer).filter((other) => ledger.held.has(other));
    if (!this.#state.isOver) return this.#options.fetchAgain(held);
    // The file is being finished: too late to fetch them again, not to say whose word they rest on.
    for (const other of held) this.#state.noteSources(other, [signer]);
  }
}
