import { Availability } from '../chainrain/availability.ts';
import type { MemberId } from '../ids.ts';
import type { Have, Offer, PieceRecord } from '../messages.ts';

/**
 * What is known of a download from the others: who holds which piece, and the signed records. It exists from the
 * first word about a download, before this member takes part in it.
 */
export class Knowledge {
  offer: Offer | undefined;
  readonly availability = new Availability();
  readonly #records = new Map<number, PieceRecord>();

  peerUp(peer: MemberId): void {
    this.availability.peerUp(peer);
  }

  peerDown(peer: MemberId): void {
    this.availability.peerDown(peer);
  }

  /** False, and nothing changed, when it speaks of pieces that the download does not have. */
  have(from: MemberId, have: Have): boolean {
    return this.availability.have(from, have.runs);
  }

  record(piece: number): PieceRecord | undefined {
    return this.#records.get(piece);
  }

  /** Remembers a record; returns the one known before when its hash differs: one of the two signers is wrong. */
  learn(record: PieceRecord): PieceRecord | undefined {
    const known = this.#records.get(record.piece);
    if (!known) this.#records.set(record.piece, record);
    return known && !sameBytes(known.sha256, record.sha256) ? known : undefined;
  }

  /** Puts a record in the place of whatever was believed before. */
  settle(record: PieceRecord): void {
    this.#records.set(record.piece, record);
  }

  /** Forgets what a member has signed; returns the pieces concerned. */
  distrust(signer: MemberId): readonly number[] {
    const pieces: number[] = [];
    for (const [piece, record] of this.#records) {
      if (record.signer !== signer) continue;
      this.#records.delete(piece);
      pieces.push(piece);
    }
    return pieces;
  }
}

/** Whether two byte strings are the same. Hashes are public: no constant time needed. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
