import type { FailureReason, OriginBytes, OriginEnded } from '../contract.ts';
import type { Geometry } from '../geometry.ts';
import type { Ledger } from '../ledger.ts';
import type { Lease } from '../messages.ts';
import type { ByteRange, Run } from '../ranges.ts';
import { RateMeter } from '../rate.ts';
import { ConnectionGovernor } from './connection-governor.ts';
import { LOOK_MS } from './hedging.ts';
import { LeaseBook, soundLease } from './lease-book.ts';
import { LeaseWork } from './lease-work.ts';
import { OriginStreams, type OriginStreamsOptions, outcomeOf } from './origin-streams.ts';
import { StreamTrims } from './stream-trims.ts';

/** With less than this left on every stream the next one is opened already, so that the link never idles. */
const OVERLAP_MS = 120;
/** So many attempts in a row without a single byte, and this member stops asking the origin. */
const MAX_FRUITLESS = 7;
/** An attempt counts for so many when the file came from its first byte again and ended where it had ended before. */
const FRUITLESS_PASS = MAX_FRUITLESS / 2;
/** So many times as often when the origin says that it is busy. */
const BUSY_PATIENCE = 5;
/** What is said when nobody said why. */
const REFUSED: FailureReason = { code: 'origin-failed', message: 'The origin does not serve this member.' };

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
  readonly #trims: StreamTrims;
  #fetchedBytes = 0;
  #fruitless = 0;
  /** Undefined until this member has looked at the origin itself. */
  #canFetch: boolean | undefined;
  #refusal: FailureReason | undefined;
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
    this.#trims = new StreamTrims({ ledger, streams: this.#streams, onLan: options.onLan });
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
  get refusal(): FailureReason | undefined {
    return this.#canFetch === false ? (this.#refusal ?? REFUSED) : undefined;
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
  probed(canFetch: boolean, reason: FailureReason | undefined, hasExpired = false): void {
    if (canFetch) this.revive();
    this.#hasExpired = hasExpired;
    if (canFetch) this.#canFetch = true;
    else this.#giveUp(reason);
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
    return this.#hasRanges || !isAbout ? [] : (this.#work.heldBetween(this.#options.isAlone()) ?? []);
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
    if (held) this.#trims.revoked(held, nowMs);
  }

  /** Others hold these pieces now: streams that were going to fetch them end before. */
  skip(runs: readonly Run[]): void {
    this.#trims.skip(runs);
  }

  /** See `StreamTrims.fragment`. */
  fragment(fragment: ByteRange): ByteRange | undefined {
    return this.#trims.fragment(fragment);
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
    if (outcome === 'refused') this.#giveUp(event.reason);
    if (outcome === 'rangeless') {
      this.#mayReadWhole = true;
      this.#giveUp(event.reason);
    }
    if (outcome === 'expired') {
      this.#hasExpired = true;
      this.#giveUp(event.reason);
    }
    if (outcome === 'broken' || outcome === 'busy') {
      // A busy origin has said that it will serve later; one that breaks off has said nothing.
      if (stream.position === stream.start && isAttempt)
        this.#fruitless +=
          event.reachedStart === true ? FRUITLESS_PASS : outcome === 'busy' ? 1 / BUSY_PATIENCE : 1;
      if (this.#fruitless >= MAX_FRUITLESS && this.#streams.size === 0) this.#giveUp(event.reason);
    }
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
    if (!this.#hasRanges && this.#streams.size === 0 && !this.#work.heldBetween(this.#options.isAlone()))
      return tails;
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

  #giveUp(reason: FailureReason | undefined): void {
    this.#canFetch = false;
    this.#refusal = reason;
    this.stop();
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
