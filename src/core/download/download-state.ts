import { Geometry, isPossibleSize, MAX_PIECES } from '../geometry.ts';
import type { MemberId } from '../ids.ts';
import { Ledger } from '../ledger.ts';
import type { Have, MemberPhase, Offer, PieceRecord } from '../messages.ts';
import { type ByteRange, toRuns } from '../ranges.ts';
import type { Knowledge } from './knowledge.ts';

/** What a member has of one download and can say about it. What is to be done about it, `DownloadCore` decides. */
export class DownloadState {
  readonly me: MemberId;
  readonly knowledge: Knowledge;
  readonly ledger: Ledger;
  phase: MemberPhase = 'waiting';
  uploadedBytes = 0;
  /** Who says how long the file is, as long as this member has not seen that itself. */
  sizeFrom: MemberId | undefined;
  /** Of pieces that this member signed: who else brought bytes of it. */
  readonly #helpers = new Map<number, readonly MemberId[]>();
  #offer: Offer;

  constructor(me: MemberId, offer: Offer, held: readonly PieceRecord[], knowledge: Knowledge) {
    this.me = me;
    this.#offer = offer;
    this.knowledge = knowledge;
    const geometry = new Geometry(offer.identity.sizeBytes, offer.pieceBytes);
    this.ledger = new Ledger(
      geometry,
      held.map(({ piece }) => piece),
    );
    for (const record of held) knowledge.settle(record);
  }

  get offer(): Offer {
    return this.#offer;
  }

  get geometry(): Geometry {
    return this.ledger.geometry;
  }

  /** Nothing more is to come: the next download may start. */
  get isOver(): boolean {
    return this.phase === 'done' || this.phase === 'failed' || this.phase === 'checking';
  }

  /** Returns the pieces that became full by it; undefined when the size was known already or cannot be. */
  sizeKnown(sizeBytes: number): readonly number[] | undefined {
    if (this.#offer.identity.sizeBytes !== undefined || !isPossibleSize(sizeBytes, this.#offer.pieceBytes))
      return undefined;
    this.#offer = { ...this.#offer, identity: { ...this.#offer.identity, sizeBytes } };
    return this.ledger.setGeometry(new Geometry(sizeBytes, this.#offer.pieceBytes));
  }

  /** All that this member holds, for somebody new. The records come with the pieces. */
  haveAll(): Have {
    return { type: 'have', download: this.#offer.download, runs: this.ledger.held.runs(), records: [] };
  }

  /** New pieces, with the records of those that this member fetched. */
  have(pieces: readonly number[]): Have {
    const records: PieceRecord[] = [];
    for (const piece of pieces) {
      const record = this.knowledge.record(piece);
      if (record?.signer === this.me) records.push(record);
    }
    return { type: 'have', download: this.#offer.download, runs: toRuns(pieces), records };
  }

  /** Whether all bytes of a piece are there and wait to be checked. False for a piece that the file does not have. */
  isFull(piece: number): boolean {
    return piece < (this.geometry.pieceCount ?? MAX_PIECES) && this.ledger.stateOf(piece) === 'full';
  }

  /** Where the bytes of a piece came from that this member signs: parts of it, perhaps, from other members. */
  noteSources(piece: number, sources: Iterable<string>): void {
    const helpers = [...sources].filter((source) => source !== 'origin');
    if (helpers.length > 0) this.#helpers.set(piece, helpers);
    else this.#helpers.delete(piece);
  }

  /** Whose word this member takes for what it holds: who signed it, who fetched a part of what this member signed, and who said where the file ends. */
  signers(): ReadonlySet<MemberId> {
    const signers = new Set<MemberId>();
    if (this.sizeFrom !== undefined) signers.add(this.sizeFrom);
    for (const piece of this.ledger.held) {
      const record = this.knowledge.record(piece);
      if (record) signers.add(record.signer);
      for (const helper of this.#helpers.get(piece) ?? []) signers.add(helper);
    }
    return signers;
  }

  /** The held pieces, ascending, of which not every byte came to this member from the origin. */
  foreignPieces(): readonly number[] {
    const isForeign = (piece: number) =>
      this.knowledge.record(piece)?.signer !== this.me || this.#helpers.has(piece);
    return [...this.ledger.held].filter(isForeign);
  }

  /**
   * What goes with these bytes when a member asks for them: the records of the pieces they cover. Undefined when they
   * are not to be had here: neither checked whole pieces, nor bytes of one piece that came from the origin.
   */
  serve(range: ByteRange): readonly PieceRecord[] | undefined {
    const { geometry } = this;
    if (range.start < 0 || range.end <= range.start || range.end > geometry.limitBytes) return undefined;
    const first = geometry.pieceAt(range.start);
    const last = geometry.pieceAt(range.end - 1);
    const records: PieceRecord[] = [];
    for (let piece = first; piece <= last; piece++) {
      const record = this.knowledge.record(piece);
      if (this.ledger.stateOf(piece) === 'held' && record) records.push(record);
      else if (first === last && this.#hasFetched(piece, range)) return [];
      else return undefined;
    }
    return records;
  }

  /** Bytes of an unfinished piece that came from the origin: the tail that another member asked for. */
  #hasFetched(piece: number, range: ByteRange): boolean {
    const sources = this.ledger.sourcesOf(piece);
    return sources.size === 1 && sources.has('origin') && this.ledger.isFilled(range);
  }
}
