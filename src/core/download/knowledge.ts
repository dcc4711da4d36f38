import { Availability } from '../chainrain/availability.ts';
import { Geometry, MAX_PIECES } from '../geometry.ts';
import type { MemberId } from '../ids.ts';
import type { Have, Offer, PieceRecord } from '../messages.ts';
import { SourceList } from './source-list.ts';

/** Of one piece at most this many records that contradict each other are remembered. */
const MAX_RIVALS = 4;

/**
 * What is known of a download from the others: who holds which piece, the signed records, where else the file is. It exists from the
 * first word about a download, before this member takes part in it.
 */
export class Knowledge {
  readonly availability = new Availability();
  readonly sources = new SourceList();
  readonly #records = new Map<number, PieceRecord>();
  /** Records with another hash than the one in `#records`: one of the signers is wrong, and nobody knows which. */
  readonly #conflictingRecords = new Map<number, readonly PieceRecord[]>();
  /** Members that have signed a wrong hash: nothing that they signed is believed again, whoever brings it. */
  readonly #bannedSigners = new Set<MemberId>();
  /** What they have signed: whoever kept that before it was found out passes it on in good faith. */
  readonly #revokedRecords = new Map<number, readonly PieceRecord[]>();
  #offer: Offer | undefined;
  #pieceCount = MAX_PIECES;

  get offer(): Offer | undefined {
    return this.#offer;
  }

  /** What the download is, or its size at last. What was said about pieces that it does not have is forgotten. */
  offered(offer: Offer): void {
    this.#offer = offer;
    this.sources.offered(offer.url);
    const { pieceCount } = new Geometry(offer.identity.sizeBytes, offer.pieceBytes);
    if (pieceCount === undefined) return;
    this.#pieceCount = pieceCount;
    this.availability.setPieceCount(pieceCount);
    for (const piece of this.#records.keys()) {
      if (piece < pieceCount) continue;
      this.#records.delete(piece);
      this.#conflictingRecords.delete(piece);
    }
  }

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

  /**
   * Remembers a record, unless it is of a piece that cannot be or by somebody who has lied. Returns the one known before
   * when its hash differs: one of the two signers is wrong.
   */
  learn(record: PieceRecord): PieceRecord | undefined {
    if (!(record.piece >= 0 && record.piece < this.#pieceCount)) return undefined;
    if (this.isBannedSigner(record.signer)) {
      this.#revoke(record);
      return undefined;
    }
    const known = this.#records.get(record.piece);
    if (!known) this.#records.set(record.piece, record);
    if (!known || sameBytes(known.sha256, record.sha256)) return undefined;
    this.#addConflicting(record);
    return known;
  }

  /** The record of a piece with this hash, if anybody has signed it. */
  matching(piece: number, sha256: Uint8Array): PieceRecord | undefined {
    return this.#recordsOf(piece).find((record) => sameBytes(record.sha256, sha256));
  }

  /** Who signed another hash of a piece than this. */
  signersAgainst(piece: number, sha256: Uint8Array): readonly MemberId[] {
    const others = this.#recordsOf(piece).filter((record) => !sameBytes(record.sha256, sha256));
    return others.map(({ signer }) => signer);
  }

  /** Puts a record in the first place, whatever was believed before. */
  settle(record: PieceRecord): void {
    const known = this.#records.get(record.piece);
    this.#records.set(record.piece, record);
    if (known && !sameBytes(known.sha256, record.sha256)) this.#addConflicting(known);
  }

  isBannedSigner(member: MemberId): boolean {
    return this.#bannedSigners.has(member);
  }

  /** Whether a liar has signed this hash of a piece. */
  isRevoked(piece: number, sha256: Uint8Array): boolean {
    return this.#revokedRecords.get(piece)?.some((lie) => sameBytes(lie.sha256, sha256)) ?? false;
  }

  /** Believes nothing that a member has signed, for good; returns the pieces concerned. */
  banSigner(signer: MemberId): readonly number[] {
    this.#bannedSigners.add(signer);
    const pieces: number[] = [];
    for (const [piece, rivals] of this.#conflictingRecords) {
      for (const rival of rivals) if (rival.signer === signer) this.#revoke(rival);
      this.#conflictingRecords.set(
        piece,
        rivals.filter((rival) => rival.signer !== signer),
      );
    }
    for (const [piece, record] of this.#records) {
      if (record.signer !== signer) continue;
      this.#revoke(record);
      const [replacement, ...rivals] = this.#conflictingRecords.get(piece) ?? [];
      if (replacement) this.#records.set(piece, replacement);
      else this.#records.delete(piece);
      this.#conflictingRecords.set(piece, rivals);
      pieces.push(piece);
    }
    return pieces.sort((a, b) => a - b);
  }

  #recordsOf(piece: number): readonly PieceRecord[] {
    const record = this.#records.get(piece);
    return record ? [record, ...(this.#conflictingRecords.get(piece) ?? [])] : [];
  }

  #revoke(record: PieceRecord): void {
    const lies = this.#revokedRecords.get(record.piece) ?? [];
    if (lies.length >= MAX_RIVALS || this.isRevoked(record.piece, record.sha256)) return;
    this.#revokedRecords.set(record.piece, [...lies, record]);
  }

  #addConflicting(record: PieceRecord): void {
    const rivals = this.#conflictingRecords.get(record.piece) ?? [];
    if (rivals.length >= MAX_RIVALS || rivals.some(({ signer }) => signer === record.signer)) return;
    this.#conflictingRecords.set(record.piece, [...rivals, record]);
  }
}

/** Whether two byte strings are the same. Hashes are public: no constant time needed. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
