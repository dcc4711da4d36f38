import type { OriginBytes, OriginEnded, OriginOutcome } from '../contract.ts';
import type { Geometry } from '../geometry.ts';
import type { Ledger } from '../ledger.ts';
import type { Lease } from '../messages.ts';
import type { ByteRange, Run } from '../ranges.ts';
import { RateMeter } from '../rate.ts';
import { ConnectionGovernor } from './connection-governor.ts';
import { LOOK_MS } from './hedging.ts';
import { LeaseBook, soundLease } from './lease-book.ts';
import { LeaseWork } from './lease-work.ts';
import { type OriginStream, OriginStreams, type OriginStreamsOptions } from './origin-streams.ts';

/** With less than this left on every stream the next one is opened already, so that the link never idles. */
const OVERLAP_MS = 120;
/** So many attempts in a row without a single byte, and this member stops asking the origin. */
const MAX_FRUITLESS = 7;
/** So many times as often when the origin says that it is busy. */
const BUSY_PATIENCE = 5;
/** A stream that brings nothing for this long has come to a stop, for all that is known. */
const STILL_MS = 2_000;
/** A fragment shorter than this is not worth a pull. */
const MIN_FRAGMENT_BYTES = 16 * 1024;

export interface OriginSideOptions extends OriginStreamsOptions {
  readonly maxConnections: number;
  /** How many to begin with. Default 1. */
  readonly firstConnections?: number | undefined;
  /** Whether a piece is better had from another member. */
  readonly onLan: (piece: number) => boolean;
  /** Whether nobody else is in the room. Others help with the end of a piece, and must know where in it this member is. */
  readonly isAlone: () => boolean;
}

/** Carries out this member's leases: which bytes are fetched from the origin now, and over how many connections. */
export class OriginSide {
  readonly #options: OriginSideOptions;
  readonly #ledger: Ledger;
  #governor: ConnectionGovernor;
  readonly #streams: OriginStreams;
  readonly #meter = new RateMeter();
  readonly leases = new LeaseBook();
  readonly #work: LeaseWork;
  #fetchedBytes = 0;
  #fruitless = 0;
  /** Undefined until this member has looked at the origin itself. */
  #canFetch: boolean | undefined;
  #refusal: string | undefined;
  #hasExpired = false;
  /** It serves parts: it has not been found out not to. */
  #hasRanges: boolean;
  /** It may still give the file as a whole. */
  #mayReadWhole = false;
  #splitAtMs = 0;
  #nowMs = 0;

  constructor(options: OriginSideOptions) {
    const { ledger, ranges } = options;
    this.#options = options;
    this.#hasRanges = ranges;
    this.#ledger = ledger;
    this.#streams = new OriginStreams(options);
    this.#work = new LeaseWork({ ledger, leases: this.leases, onLan: options.onLan });
    this.#governor = this.#newGovernor();
  }

  get canFetch(): boolean {
    return this.#canFetch === true;
  }

  /** How many connections prove right at present. */
  connections(nowMs: number): number {
    return this.#governor.target(nowMs);
  }

  /** Whether the origin has turned this member away, and why: until `revive`, for good. */
  get refusal(): string | undefined {
    return this.#canFetch === false ? (this.#refusal ?? 'the origin does not serve this member') : undefined;
  }

  /** Whether that is because the link has expired, so that a fresh one would heal it. */
  get hasExpired(): boolean {
    return this.#hasExpired;
  }

  /** Bytes that came from the origin, those fetched in vain included. */
  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  get activeStreams(): number {
    return this.#streams.size;
  }

  rate(nowMs: number): number {
    return this.#meter.bytesPerSecond(nowMs);
  }

  /** `hasExpired`: it turns this member away in a way that a fresh link would heal. */
  probed(canFetch: boolean, message: string | undefined, hasExpired = false): void {
    if (canFetch) this.revive();
    this.#hasExpired = hasExpired;
    if (canFetch) this.#canFetch = true;
    else this.#giveUp(message);
  }

  /**
   * There is something new about the origin: another address, another network. What failed so far proves nothing any
   * more, and a member that was turned away may try again.
   */
  revive(): void {
    if (this.#canFetch === false) this.#canFetch = true;
    this.#refusal = undefined;
    this.#hasExpired = false;
    this.#mayReadWhole = false;
    this.#fruitless = 0;
    this.#setRanges(this.#options.ranges);
    this.#governor.forgive();
    this.#streams.outdate();
  }

  /**
   * The last resort at an origin that has no fitting answer to questions for parts: from now on it is asked for the file as a
   * whole, over one connection. False when there is no such resort.
   */
  readWhole(): boolean {
    if (!this.#mayReadWhole) return false;
    this.revive();
    this.#setRanges(false);
    return true;
  }

  /**
   * What lies between the bytes that are missing, when an origin without ranges is about to be read for them: it sends the
   * file from its first byte for each of them, or once for all.
   */
  heldBetween(nowMs: number): readonly number[] {
    const isAbout = this.#canFetch === true && this.#streams.size === 0 && this.#governor.mayOpen(nowMs);
    return this.#hasRanges || !isAbout ? [] : (this.#work.heldBetween() ?? []);
  }

  /** Every stream is asked for again on a connection of its own. */
  reconnect(): void {
    this.#streams.stopAll();
  }

  /** Takes a lease on. One of bytes that cannot be leased is passed over. Returns whether there is anything in it to fetch. */
  grant(lease: Lease): boolean {
    const sound = soundLease(lease, this.#geometry);
    if (this.#canFetch === false || !sound) return false;
    this.leases.grant(sound);
    return this.#ledger.firstGap(sound) !== undefined;
  }

  revoke(lease: number, end: number, nowMs: number): void {
    const held = this.leases.revoke(lease, end);
    if (!held) return;
    for (const stream of this.#streams) {
      if (stream.end <= held.end || stream.start >= held.lease.end || stream.start < held.lease.start)
        continue;
      // A tail is taken back because somebody has the piece by now: the rest of it serves nobody.
      const keptUntil = held.lease.kind === 'tail' ? held.end : this.#keptUntil(stream, nowMs);
      this.#streams.trim(stream, Math.max(held.end, keptUntil));
    }
  }

  /** Returns the pieces that became full. */
  bytes(event: OriginBytes, nowMs: number): readonly number[] {
    const length = event.end - event.start;
    this.#fetchedBytes += length;
    this.#meter.add(length, nowMs);
    this.#fruitless = 0;
    const { size, setupMs } = this.#streams;
    this.#governor.progress(this.#fetchedBytes, size, nowMs, setupMs);
    return this.#streams.moved(event.stream, event, nowMs);
  }

  ended(event: OriginEnded, nowMs: number): void {
    const stream = this.#streams.ended(event, nowMs);
    if (!stream) return;
    this.#splitAtMs = nowMs;
    if (stream.position < stream.end) this.#work.reopen(stream.position);
    const outcome = outcomeOf(event, stream);
    // Those that break together are one attempt: an origin that is away for a second breaks them all.
    const isAttempt = outcome === 'broken' ? this.#governor.broken(nowMs) : true;
    if (outcome === 'busy') this.#governor.refused(nowMs, event.retryAfterMs, this.#streams.size);
    if (outcome === 'refused') this.#giveUp(event.message);
    if (outcome === 'rangeless') {
      this.#mayReadWhole = true;
      this.#giveUp(event.message);
    }
    if (outcome === 'expired') {
      this.#hasExpired = true;
      this.#giveUp(event.message);
    }
    if (outcome === 'broken' || outcome === 'busy') {
      // A busy origin has said that it will serve later; one that breaks off has said nothing.
      if (stream.position === stream.start && isAttempt)
        this.#fruitless += outcome === 'busy' ? 1 / BUSY_PATIENCE : 1;
      if (this.#fruitless >= MAX_FRUITLESS && this.#streams.size === 0) this.#giveUp(event.message);
    }
  }

  /** Others hold these pieces now: streams that were going to fetch them end before. */
  skip(runs: readonly Run[]): void {
    const geometry = this.#geometry;
    for (const stream of this.#streams) {
      const next = Math.ceil(Math.max(stream.position, stream.start + 1) / geometry.pieceBytes);
      const last = geometry.pieceAt(stream.end - 1);
      for (const run of runs) {
        for (let piece = Math.max(run.start, next); piece < run.end && piece <= last; piece++) {
          if (geometry.startOf(piece) >= stream.end || !this.#options.onLan(piece)) continue;
          this.#streams.trim(stream, geometry.startOf(piece));
        }
      }
    }
  }

  /**
   * Another member has fetched the end of a piece that is still arriving here. Lets the stream end earlier and
   * returns the bytes to pull, or undefined when they are not worth it.
   */
  fragment(fragment: ByteRange): ByteRange | undefined {
    const piece = this.#geometry.pieceAt(fragment.start);
    if (fragment.end !== this.#geometry.endOf(piece)) return undefined;
    for (const stream of this.#streams) {
      if (stream.end !== fragment.end || stream.position >= fragment.end) continue;
      const cut = Math.max(fragment.start, stream.position);
      if (fragment.end - cut < MIN_FRAGMENT_BYTES) return undefined;
      this.#streams.trim(stream, cut);
      return { start: cut, end: fragment.end };
    }
    return undefined;
  }

  /** Opens streams for leased bytes that nobody is getting yet. Returns tail leases that are complete now. */
  schedule(nowMs: number): readonly Lease[] {
    this.#nowMs = nowMs;
    const tails = this.#work.close(this.#streams);
    // What follows an idle spell is not slow because of it.
    if (this.#streams.size === 0 && this.leases.isFetched) this.#meter.pause(nowMs);
    if (this.#canFetch !== true) return tails;
    this.#stopCrawlers(nowMs);
    // Where everything comes in one pass it has to be known what is missing: a piece that is being proven may be.
    if (!this.#hasRanges && this.#streams.size === 0 && !this.#work.heldBetween()) return tails;
    this.#governor.waited(this.#streams.size, nowMs, this.#streams.setupMs);
    for (;;) {
      const target = this.#governor.target(nowMs);
      const spare = target - this.#streams.size;
      if (spare < 0 || (spare === 0 && !this.#mayOverlap(nowMs))) break;
      if (!this.#governor.mayOpen(nowMs)) break;
      const range = this.#next(target) ?? this.#split(spare, nowMs);
      if (!range) break;
      this.#meter.add(0, nowMs);
      this.#streams.open(range, nowMs);
    }
    return tails;
  }

  deadline(): number | undefined {
    const attemptMs = this.leases.size > 0 && this.#canFetch ? this.#governor.nextAttemptMs() : undefined;
    const isDue = attemptMs !== undefined && attemptMs > this.#nowMs;
    const lookAtMs = this.#canFetch ? this.#streams.lookAtMs : undefined;
    return isDue && (lookAtMs === undefined || attemptMs < lookAtMs) ? attemptMs : lookAtMs;
  }

  /** The size became known: no lease or stream goes past it. */
  sizeKnown(sizeBytes: number): void {
    for (const held of this.leases) this.leases.revoke(held.lease.lease, sizeBytes);
    this.#streams.sizeKnown(sizeBytes);
  }

  stop(): void {
    this.#streams.stopAll();
    this.leases.clear();
  }

  get #geometry(): Geometry {
    return this.#ledger.geometry;
  }

  #setRanges(ranges: boolean): void {
    if (ranges === this.#hasRanges) return;
    this.#hasRanges = ranges;
    this.#governor = this.#newGovernor();
    this.#streams.rangesChanged(ranges);
  }

  #newGovernor(): ConnectionGovernor {
    const { maxConnections, random, firstConnections } = this.#options;
    return new ConnectionGovernor(this.#hasRanges ? maxConnections : 1, random, firstConnections);
  }

  #next(connections: number): ByteRange | undefined {
    return this.#hasRanges ? this.#work.next(connections) : this.#work.nextInFile(this.#options.isAlone());
  }

  #giveUp(message: string | undefined): void {
    this.#canFetch = false;
    this.#refusal = message;
    this.stop();
  }

  /**
   * How far a stream goes on when its lease is taken away. A piece that has begun to arrive is finished: half a piece
   * serves nobody. Unless no more of it comes: then whoever has the lease now will bring it.
   */
  #keptUntil(stream: OriginStream, nowMs: number): number {
    const { start, position } = stream;
    if (nowMs - stream.movedMs >= STILL_MS) return start;
    // One that was split off has the rest of a piece that another stream has begun.
    const isRest = start > this.#geometry.startOf(this.#geometry.pieceAt(start));
    if (position > start) return this.#geometry.endOf(this.#geometry.pieceAt(position - 1));
    return isRest ? this.#geometry.endOf(this.#geometry.pieceAt(start)) : start;
  }

  /** Whether a stream may be opened already for what comes after those that are about to end. */
  #mayOverlap(nowMs: number): boolean {
    if (!this.#hasRanges || this.#streams.size >= this.#options.maxConnections) return false;
    return this.#streams.leftBytes < (this.rate(nowMs) * OVERLAP_MS) / 1000;
  }

  #stopCrawlers(nowMs: number): void {
    for (const { isOneTooMany } of this.#streams.stopCrawlers(nowMs)) {
      this.#splitAtMs = nowMs;
      if (isOneTooMany) this.#governor.refused(nowMs, undefined, this.#streams.size - 1);
      else this.#governor.crawled(nowMs);
    }
  }

  /** With nothing left to ask for: a part of what another stream was to bring. */
  #split(spare: number, nowMs: number): ByteRange | undefined {
    if (spare < 1 || nowMs < this.#splitAtMs || this.#geometry.sizeBytes === undefined) return undefined;
    const range = this.#streams.split(spare, !this.#options.isAlone(), nowMs);
    if (!range) this.#splitAtMs = nowMs + LOOK_MS;
    return range;
  }
}

/** How a stream ended, for what is to be made of it. */
function outcomeOf({ outcome }: OriginEnded, stream: OriginStream): OriginOutcome {
  // What the origin says to a stream that was being stopped was said about the past, but for the wish to be left alone.
  if (stream.stopping && outcome !== 'busy') return 'stopped';
  const isVerdict = outcome === 'expired' || outcome === 'refused' || outcome === 'rangeless';
  if (stream.isOutdated && isVerdict) return 'stopped';
  // An end before the end of the range is no end, whatever the origin calls it: it must not be asked again at once.
  return outcome === 'complete' && stream.position < stream.end ? 'broken' : outcome;
}
