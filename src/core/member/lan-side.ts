import type { Availability } from '../chainrain/availability.ts';
import { PullTracker } from '../chainrain/peers.ts';
import { choosePulls } from '../chainrain/policy.ts';
import type { PullBytes, PullEnded } from '../contract.ts';
import type { SideOptions } from '../download/side-options.ts';
import type { MemberId } from '../ids.ts';
import type { Ledger } from '../ledger.ts';
import type { ByteRange } from '../ranges.ts';
import { RateMeter } from '../rate.ts';

interface Pull extends ByteRange {
  readonly from: MemberId;
  /** Of whole pieces, or of the end of one whose beginning comes from the origin. */
  readonly kind: 'run' | 'fragment';
}

export interface LanSideOptions extends SideOptions {
  readonly me: MemberId;
  readonly availability: Availability;
}

/**
 * Gets pieces from other members. A piece is wanted while it is not on disk and nobody is writing it; which of the
 * wanted ones are asked of whom is `choosePulls`' to say.
 */
export class LanSide {
  readonly #options: LanSideOptions;
  readonly #ledger: Ledger;
  readonly #availability: Availability;
  readonly #trackers = new Map<MemberId, PullTracker>();
  readonly #pulls = new Map<number, Pull>();
  /** Pieces that are fetched from the origin only: what the members have of them is not believed. */
  readonly #forbidden = new Set<number>();
  readonly #meter = new RateMeter();
  #pulledBytes = 0;
  #nowMs = 0;

  constructor(options: LanSideOptions) {
    this.#options = options;
    this.#ledger = options.ledger;
    this.#availability = options.availability;
    const { pieceCount } = this.#ledger.geometry;
    if (pieceCount !== undefined) this.#availability.setPieceCount(pieceCount);
    this.#availability.wantRun({ start: 0, end: pieceCount ?? MAX_OPEN_PIECES }, true);
    for (const run of this.#ledger.held.runs()) this.#availability.wantRun(run, false);
  }

  /** Bytes that came from members, those that turned out corrupt included. */
  get pulledBytes(): number {
    return this.#pulledBytes;
  }

  /** Whether anything is on its way from a member, or could be asked for. */
  get isBusy(): boolean {
    return this.#pulls.size > 0 || this.#availability.candidates.size > 0;
  }

  /** Whether bytes of a piece are on their way from a member. */
  isPulling(piece: number): boolean {
    const { geometry } = this.#ledger;
    for (const pull of this.#pulls.values()) {
      if (pull.start < geometry.endOf(piece) && pull.end > geometry.startOf(piece)) return true;
    }
    return false;
  }

  get hasPeers(): boolean {
    return this.#availability.peerCount > 0;
  }

  rate(nowMs: number): number {
    return this.#meter.bytesPerSecond(nowMs);
  }

  /** Whether a member that is to be trusted with it has the piece. */
  canGet(piece: number): boolean {
    if (this.#availability.count(piece) === 0 || this.#forbidden.has(piece)) return false;
    return this.#availability.holders(piece).some((peer) => !this.#tracker(peer).isAvoided(this.#nowMs));
  }

  /** From now on the piece is fetched from the origin only. */
  forbid(piece: number): void {
    this.#forbidden.add(piece);
    this.#availability.want(piece, false);
  }

  /** The origin is out of reach: what was to come from there only may come from the members again. */
  allowAll(): void {
    const pieces = [...this.#forbidden];
    this.#forbidden.clear();
    const { limitBytes } = this.#ledger.geometry;
    for (const piece of pieces) {
      const start = this.#ledger.geometry.startOf(piece);
      if (start < limitBytes) this.refresh({ start, end: start + 1 });
    }
  }

  /** Whether a member failed to deliver just now. */
  isAvoided(peer: MemberId, nowMs: number): boolean {
    return this.#trackers.get(peer)?.isAvoided(nowMs) ?? false;
  }

  /** The pieces of these bytes changed hands: decides anew whether they are wanted. */
  refresh(range: ByteRange): void {
    if (range.end <= range.start) return;
    const { geometry } = this.#ledger;
    const endBytes = geometry.sizeBytes ?? MAX_OPEN_PIECES * geometry.pieceBytes;
    const last = geometry.pieceAt(Math.min(range.end, endBytes) - 1);
    const claims = [...this.#ledger.claims()];
    for (let piece = geometry.pieceAt(range.start); piece <= last; piece++) {
      this.#availability.want(piece, this.#isWanted(piece, claims));
    }
  }

  /** The number of pieces is known: the rest is not asked for. */
  sizeKnown(): void {
    const { pieceCount, sizeBytes } = this.#ledger.geometry;
    if (pieceCount === undefined || sizeBytes === undefined) return;
    this.#availability.setPieceCount(pieceCount);
    // The last piece is shorter now, so it may have become full.
    this.refresh({ start: Math.max(0, sizeBytes - 1), end: sizeBytes });
  }

  schedule(nowMs: number): void {
    this.#nowMs = nowMs;
    const candidates = this.#availability.candidates;
    if (candidates.size === 0) return;
    const { geometry } = this.#ledger;
    const peers = [];
    let otherQueuedBytes = 0;
    for (const id of this.#availability.peers) {
      const tracker = this.#tracker(id);
      const has = this.#availability.heldBy(id)!;
      const useful = this.#availability.usefulOf(id);
      if (tracker.isAvoided(nowMs)) otherQueuedBytes += tracker.queuedBytes;
      else
        peers.push(
          tracker.asPeer(id, geometry.pieceBytes, { useful, has: (piece) => has.has(piece) }, nowMs),
        );
    }
    const { me, random } = this.#options;
    const isRelay = (piece: number) => this.#availability.isRelay(me, piece, geometry.pieceBytes);
    for (const { from, run } of choosePulls({
      candidates,
      peers,
      pieceBytes: geometry.pieceBytes,
      otherQueuedBytes,
      isRelay,
      random,
    })) {
      // What is left of an attempt that broke off is not worth a request of its own.
      for (let piece = run.start; piece < run.end; piece++) {
        if (this.#ledger.stateOf(piece) === 'active') this.#ledger.reset(piece);
      }
      this.#pull('run', from, geometry.bytesOfRun(run), nowMs);
    }
  }

  /** The tail of a piece whose beginning is still coming from the origin. */
  pullFragment(from: MemberId, range: ByteRange, nowMs: number): void {
    this.#pull('fragment', from, range, nowMs);
  }

  /** Returns the pieces that became full. */
  bytes(event: PullBytes, nowMs: number): readonly number[] {
    const pull = this.#pulls.get(event.pull);
    if (!pull) return [];
    const length = event.end - event.start;
    this.#pulledBytes += length;
    this.#meter.add(length, nowMs);
    this.#tracker(pull.from).progress(event.pull, length, nowMs);
    return this.#ledger.fill(event.pull, event);
  }

  /** Returns what the pull was about. */
  ended(event: PullEnded, nowMs: number): Pull | undefined {
    const pull = this.#pulls.get(event.pull);
    if (!pull) return undefined;
    this.#pulls.delete(event.pull);
    this.#ledger.release(event.pull);
    this.#tracker(pull.from).end(event.pull, event.outcome, nowMs);
    if (pull.kind === 'run') this.#forgetBegun(pull);
    this.refresh(pull);
    return pull;
  }

  /** A piece that a member sent a part of is begun anew: were the origin to bring the rest, nobody could tell whose fault it is if it is wrong. */
  #forgetBegun({ start, end }: ByteRange): void {
    const { geometry } = this.#ledger;
    const last = Math.min(end, geometry.limitBytes) - 1;
    for (let piece = geometry.pieceAt(start); geometry.startOf(piece) <= last; piece++)
      if (this.#ledger.stateOf(piece) === 'active') this.#ledger.reset(piece);
  }

  /** Leaves a member alone for a while. */
  avoid(peer: MemberId, nowMs: number): void {
    this.#tracker(peer).avoid('refused', nowMs);
  }

  peerDown(peer: MemberId): void {
    for (const [id, pull] of this.#pulls) if (pull.from === peer) this.#stop(id);
    this.#trackers.delete(peer);
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const tracker of this.#trackers.values()) {
      for (const pull of tracker.stalled(nowMs)) {
        tracker.end(pull, 'stalled', nowMs);
        this.#stop(pull);
      }
    }
  }

  deadline(): number | undefined {
    let earliest: number | undefined;
    for (const tracker of this.#trackers.values()) {
      const at = tracker.deadline(this.#nowMs);
      if (at !== undefined) earliest = Math.min(earliest ?? at, at);
    }
    return earliest;
  }

  stop(): void {
    for (const pull of this.#pulls.keys()) this.#stop(pull);
  }

  #pull(kind: Pull['kind'], from: MemberId, range: ByteRange, nowMs: number): void {
    const pull = this.#options.nextWriter();
    this.#ledger.claim(pull, range, from);
    this.#pulls.set(pull, { kind, from, ...range });
    this.#tracker(from).start(pull, range.end - range.start, nowMs);
    this.refresh(range);
    this.#options.emit({ type: 'pull', download: this.#options.download, pull, from, ...range });
  }

  #stop(pull: number): void {
    this.#options.emit({ type: 'stop-pull', download: this.#options.download, pull });
  }

  #isWanted(piece: number, claims: readonly ByteRange[]): boolean {
    const state = this.#ledger.stateOf(piece);
    if (state === 'missing') return !this.#forbidden.has(piece);
    if (state !== 'active' || this.#forbidden.has(piece)) return false;
    const start = this.#ledger.geometry.startOf(piece);
    const end = this.#ledger.geometry.endOf(piece);
    return !claims.some((claim) => claim.start < end && claim.end > start);
  }

  #tracker(peer: MemberId): PullTracker {
    const known = this.#trackers.get(peer);
    if (known) return known;
    const tracker = new PullTracker();
    this.#trackers.set(peer, tracker);
    return tracker;
  }
}

/** While the size is unknown this many pieces are wanted: 64 GiB of them. */
const MAX_OPEN_PIECES = 65_536;
