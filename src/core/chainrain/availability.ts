import { Bitfield, type ReadonlyBitfield } from '../bitfield.ts';
import { MAX_PIECES } from '../geometry.ts';
import type { MemberId } from '../ids.ts';
import type { Run } from '../ranges.ts';
import { Buckets, type ReadonlyBuckets } from './buckets.ts';
import { relayScore, relaySeed } from './relay.ts';

/** Members take turns at relaying in groups of pieces of about this many bytes. */
const RELAY_BYTES = 1024 * 1024;

/** While the number of pieces is unknown, what is said of pieces from this one on is passed over: it will be said again. */
const MAX_OPEN_PIECES = 65_536;

/** At most this many runs are taken from one message. */
const MAX_RUNS = 65_536;

interface Peer {
  readonly seed: number;
  readonly has: Bitfield;
  /** How many of its pieces are wanted here. */
  useful: number;
}

/**
 * Who holds which piece of one download, as the peers say, and what of it is of use: a candidate is a piece that is
 * wanted here and that at least one peer holds. Candidates are kept by rarity as the news come in, so that asking for
 * the rarest costs nothing. All of it is forgotten and rebuilt as peers come and go.
 */
export class Availability {
  readonly #peers = new Map<MemberId, Peer>();
  readonly #wanted = new Bitfield();
  readonly #candidates = new Buckets();
  /** Peers that hold each piece, as far as anyone has announced one. */
  #counts = new Uint16Array(64);
  #pieceCount: number | undefined;
  #me: { readonly id: MemberId; readonly seed: number } | undefined;

  /** `pieceCount`: how many pieces the download has, if that is known. */
  constructor(pieceCount?: number) {
    this.#pieceCount = pieceCount;
  }

  /** The number of pieces became known. What peers said about pieces past it is forgotten. */
  setPieceCount(pieceCount: number): void {
    this.#pieceCount = pieceCount;
    const past = { start: pieceCount, end: MAX_PIECES };
    for (let piece = pieceCount; piece < this.#counts.length; piece++) {
      this.want(piece, false);
      this.#counts[piece] = 0;
    }
    this.#wanted.clearRun(past);
    for (const { has } of this.#peers.values()) has.clearRun(past);
  }

  /** A peer is there, and holds nothing until it says so. */
  peerUp(id: MemberId): void {
    if (!this.#peers.has(id)) this.#peers.set(id, { seed: relaySeed(id), has: new Bitfield(), useful: 0 });
  }

  peerDown(id: MemberId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    for (const piece of peer.has) {
      this.#counts[piece]!--;
      this.#sort(piece);
    }
  }

  /**
   * A peer says that it holds these pieces, which adds to what it said before. False, and nothing changed, when the runs
   * do not ascend, or when it talks about pieces that the download does not have. Unknown peers are not listened to.
   */
  have(id: MemberId, runs: readonly Run[]): boolean {
    const limit = this.#pieceCount ?? MAX_PIECES;
    if (runs.length > MAX_RUNS || !areRuns(runs, limit)) return false;
    const peer = this.#peers.get(id);
    if (peer === undefined) return true;
    const known = this.#pieceCount ?? MAX_OPEN_PIECES;
    for (const run of runs) {
      const end = Math.min(run.end, known);
      this.#growTo(end);
      for (let piece = run.start; piece < end; piece++) {
        if (!peer.has.set(piece)) continue;
        this.#counts[piece]!++;
        if (this.#wanted.has(piece)) peer.useful++;
        this.#sort(piece);
      }
    }
    return true;
  }

  /** Whether this member is after a piece: not on disk, and nobody has been asked for it. */
  want(piece: number, wanted: boolean): void {
    if (!(wanted ? this.#wanted.set(piece) : this.#wanted.clear(piece))) return;
    if (this.count(piece) === 0) return;
    for (const peer of this.#peers.values()) if (peer.has.has(piece)) peer.useful += wanted ? 1 : -1;
    this.#sort(piece);
  }

  /** The same for all pieces of a run. Pieces that nobody has announced cost nothing. */
  wantRun(run: Run, wanted: boolean): void {
    for (let piece = run.start; piece < Math.min(run.end, this.#counts.length); piece++)
      this.want(piece, wanted);
    if (wanted) this.#wanted.setRun(run);
    else this.#wanted.clearRun(run);
  }

  isWanted(piece: number): boolean {
    return this.#wanted.has(piece);
  }

  /** How many peers hold a piece. */
  count(piece: number): number {
    return this.#counts[piece] ?? 0;
  }

  /** The peers that hold a piece. */
  holders(piece: number): MemberId[] {
    if (this.count(piece) === 0) return [];
    return [...this.#peers].filter(([, peer]) => peer.has.has(piece)).map(([id]) => id);
  }

  /** The peers that are there. */
  get peers(): IterableIterator<MemberId> {
    return this.#peers.keys();
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  /** What a peer holds; `undefined` for one that is not there. */
  heldBy(id: MemberId): ReadonlyBitfield | undefined {
    return this.#peers.get(id)?.has;
  }

  /** Whether a peer, as far as is known, lacks pieces: then what it gets it will pass on. */
  isIncomplete(id: MemberId): boolean {
    const held = this.#peers.get(id)?.has.count;
    return held !== undefined && held !== this.#pieceCount;
  }

  /**
   * Whether it is for this member to get a piece from its only holder and to pass it on, as far as this member knows who
   * lacks it. Peers that have not announced any piece may not be after this download, and are left out.
   */
  isRelay(me: MemberId, piece: number, pieceBytes: number): boolean {
    const group = Math.floor(piece / Math.ceil(RELAY_BYTES / pieceBytes));
    const mine = relayScore(this.#seedOf(me), group);
    for (const { has, seed } of this.#peers.values()) {
      if (has.count > 0 && !has.has(piece) && relayScore(seed, group) > mine) return false;
    }
    return true;
  }

  /** How many candidates a peer holds. */
  usefulOf(id: MemberId): number {
    return this.#peers.get(id)?.useful ?? 0;
  }

  /** Candidates at the level of their rarity: level 1 are those that one peer holds. */
  get candidates(): ReadonlyBuckets {
    return this.#candidates;
  }

  #seedOf(me: MemberId): number {
    if (this.#me?.id !== me) this.#me = { id: me, seed: relaySeed(me) };
    return this.#me.seed;
  }

  #sort(piece: number): void {
    const count = this.#counts[piece]!;
    if (count > 0 && this.#wanted.has(piece)) this.#candidates.put(piece, count);
    else this.#candidates.delete(piece);
  }

  #growTo(pieces: number): void {
    if (pieces <= this.#counts.length) return;
    const grown = new Uint16Array(Math.min(Math.max(pieces, this.#counts.length * 2), MAX_PIECES));
    grown.set(this.#counts);
    this.#counts = grown;
  }
}

/** In order and apart, so that a message costs no more work than there are pieces. */
function areRuns(runs: readonly Run[], limit: number): boolean {
  let least = 0;
  for (const { start, end } of runs) {
    const fits =
      Number.isInteger(start) && Number.isInteger(end) && least <= start && start < end && end <= limit;
    if (!fits) return false;
    least = end;
  }
  return true;
}
