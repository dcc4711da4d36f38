import type { Geometry } from '../../core/geometry.ts';
import type { Lease } from '../../core/messages.ts';
import { RateMeter } from '../../core/rate.ts';

const REPORT_MS = 250;
const IN_HAND = 2;

/** One member of the model. Rates are bytes per second, times milliseconds. */
export interface FluidLink {
  readonly rate: number;
  readonly joinMs?: number;
  readonly leaveMs?: number;
  /** Nothing arrives from here on ... */
  readonly stallMs?: number;
  /** ... until here, if ever. */
  readonly resumeMs?: number;
  /** What it claims in its reports, instead of what it measures. */
  readonly claimedRate?: number;
}

interface Hand {
  readonly lease: Lease;
  end: number;
  receivedBytes: number;
}

/** What a member of the model tells its room. */
export interface FluidSurroundings {
  readonly nowMs: number;
  report(member: FluidMember): void;
  keep(member: FluidMember, piece: number): void;
  fragment(from: FluidMember, lease: Lease): void;
}

/** Works on its oldest lease, in as many equal shares at once as it has streams. */
export class FluidMember {
  readonly id: string;
  readonly index: number;
  readonly link: FluidLink;
  readonly known = new Set<number>();
  isPresent = false;
  originBytes = 0;
  readonly #room: FluidSurroundings;
  readonly #geometry: Geometry;
  readonly #streams: number;
  readonly #meter = new RateMeter();
  #hands: Hand[] = [];
  #seen = 0;
  #reportAtMs = 0;
  /** Bytes of pieces begun, from the piece's start. */
  readonly #partial = new Map<number, number>();
  /** Tails that were handed over: offset from which the piece need not be fetched. */
  readonly #tailFrom = new Map<number, number>();

  constructor(room: FluidSurroundings, index: number, link: FluidLink, geometry: Geometry, streams: number) {
    this.#room = room;
    this.index = index;
    this.id = `m${index}`;
    this.link = link;
    this.#geometry = geometry;
    this.#streams = streams;
  }

  grant(lease: Lease): void {
    this.#seen = Math.max(this.#seen, lease.lease);
    this.#hands.push({ lease, end: lease.end, receivedBytes: 0 });
    this.#room.report(this);
  }

  revoke(id: number, end: number): void {
    const hand = this.#hands.find(({ lease }) => lease.lease === id);
    if (hand === undefined) return;
    hand.end = Math.min(hand.end, end);
    hand.receivedBytes = this.#receivedIn(hand);
    this.#hands = this.#hands.filter((other) => other.end > other.lease.start);
    this.#room.report(this);
  }

  #receivedIn({ lease, end, receivedBytes }: Hand): number {
    if (lease.kind === 'tail') return receivedBytes;
    let bytes = 0;
    for (let piece = this.#geometry.pieceAt(lease.start); this.#geometry.startOf(piece) < end; piece += 1) {
      bytes += this.known.has(piece) ? this.#geometry.bytesOf(piece) : (this.#partial.get(piece) ?? 0);
    }
    return bytes;
  }

  receiveTail(lease: Lease, _from: FluidMember): void {
    const piece = this.#geometry.pieceAt(lease.start);
    if (this.known.has(piece)) return;
    this.#tailFrom.set(piece, lease.start - this.#geometry.startOf(piece));
    if ((this.#partial.get(piece) ?? 0) >= this.#tailFrom.get(piece)!) this.#room.keep(this, piece);
  }

  report(epoch: number, nowMs: number) {
    return {
      type: 'report' as const,
      epoch,
      download: 'd',
      originRate: this.link.claimedRate ?? this.#meter.bytesPerSecond(nowMs),
      canFetch: true,
      wants: Math.max(0, IN_HAND - this.#hands.length),
      seenLease: this.#seen,
      leases: this.#hands.map(({ lease, end, receivedBytes }) => ({
        lease: lease.lease,
        start: lease.start,
        end,
        receivedBytes: Math.min(Math.floor(receivedBytes), end - lease.start),
      })),
    };
  }

  step(stepMs: number): void {
    const { nowMs } = this.#room;
    const { stallMs = Number.POSITIVE_INFINITY, resumeMs = Number.POSITIVE_INFINITY, rate } = this.link;
    const stalled = nowMs >= stallMs && nowMs < resumeMs;
    let bytes = stalled ? 0 : (rate * stepMs) / 1_000;
    if (this.#hands.length > 0) this.#meter.resume(nowMs);
    let changed = false;
    while (bytes > 0.001 && this.#hands.length > 0) {
      const hand = this.#hands[0]!;
      const spent = this.#fetch(hand, bytes);
      if (spent === 0) {
        if (hand.lease.kind === 'tail') this.#room.fragment(this, hand.lease);
        this.#hands.shift();
        changed = true;
      }
      bytes -= spent;
      this.originBytes += spent;
      this.#meter.add(spent, nowMs);
    }
    if (this.#hands.length === 0) this.#meter.pause(nowMs);
    else this.#meter.add(0, nowMs);
    if (changed || nowMs >= this.#reportAtMs) {
      this.#room.report(this);
      this.#reportAtMs = nowMs + REPORT_MS;
    }
  }

  /** Spends up to `bytes` on a lease; 0 when there is nothing left to fetch in it. */
  #fetch(hand: Hand, bytes: number): number {
    if (hand.lease.kind === 'tail') {
      const spent = Math.min(bytes, hand.end - hand.lease.start - hand.receivedBytes);
      hand.receivedBytes += spent;
      return spent;
    }
    const from = this.#geometry.pieceAt(hand.lease.start);
    const to = this.#geometry.pieceAt(hand.end - 1) + 1;
    const missing: number[] = [];
    for (let piece = from; piece < to; piece += 1) if (!this.known.has(piece)) missing.push(piece);
    if (missing.length === 0) return 0;
    let spent = 0;
    const share = Math.ceil(missing.length / this.#streams);
    for (let first = 0; first < missing.length; first += share) {
      const piece = missing[first]!;
      const have = this.#partial.get(piece) ?? 0;
      const until = this.#tailFrom.get(piece) ?? this.#geometry.bytesOf(piece);
      const part = Math.min((bytes * share) / missing.length, bytes - spent, Math.max(0, until - have));
      this.#partial.set(piece, have + part);
      hand.receivedBytes += part;
      spent += part;
      if (have + part >= until - 0.01) {
        this.#partial.delete(piece);
        this.#room.keep(this, piece);
      }
      if (spent >= bytes) break;
    }
    return Math.max(spent, 0.0001);
  }
}
