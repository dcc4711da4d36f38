import type { Geometry } from '../geometry.ts';
import type { Ledger } from '../ledger.ts';
import type { Lease } from '../messages.ts';
import type { ByteRange, Run } from '../ranges.ts';
import { RateMeter } from '../rate.ts';
import { ConnectionGovernor } from '../splitfire/connections.ts';
import type { OriginBytes, OriginEnded } from './api.ts';
import { type HeldLease, LeaseBook, soundLease } from './lease-book.ts';
import type { SideOptions } from './side-options.ts';

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

interface Stream {
  readonly start: number;
  end: number;
  position: number;
  /** When it last brought anything. */
  movedMs: number;
}

export interface OriginSideOptions extends SideOptions {
  /** False: the origin sends the file only as a whole, from its first byte. */
  readonly ranges: boolean;
  readonly maxConnections: number;
  /** Whether a piece is better had from another member. */
  readonly onLan: (piece: number) => boolean;
  /** Bytes were claimed for a stream, or a stream gave some up. */
  readonly changed: (range: ByteRange) => void;
}

/** Carries out this member's leases: which bytes are fetched from the origin now, and over how many connections. */
export class OriginSide {
  readonly #options: OriginSideOptions;
  readonly #ledger: Ledger;
  readonly #governor: ConnectionGovernor;
  readonly #streams = new Map<number, Stream>();
  readonly #meter = new RateMeter();
  readonly leases = new LeaseBook();
  #fetchedBytes = 0;
  #fruitless = 0;
  /** Undefined until this member has looked at the origin itself. */
  #canFetch: boolean | undefined;
  #refusal: string | undefined;
  #nowMs = 0;

  constructor(options: OriginSideOptions) {
    this.#options = options;
    this.#ledger = options.ledger;
    this.#governor = new ConnectionGovernor(options.ranges ? options.maxConnections : 1, options.random);
  }

  get canFetch(): boolean {
    return this.#canFetch === true;
  }

  /** Whether the origin has turned this member away for good, and why. */
  get refusal(): string | undefined {
    return this.#canFetch === false ? (this.#refusal ?? 'the origin does not serve this member') : undefined;
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

  probed(canFetch: boolean, message: string | undefined): void {
    if (canFetch) this.#canFetch = true;
    else this.#giveUp(message);
  }

  /** Takes a lease on. One of bytes that cannot be leased is passed over. */
  grant(lease: Lease): void {
    const sound = soundLease(lease, this.#geometry);
    if (this.#canFetch !== false && sound) this.leases.grant(sound);
  }

  revoke(lease: number, end: number, nowMs: number): void {
    const held = this.leases.revoke(lease, end);
    if (!held) return;
    for (const [id, stream] of this.#streams) {
      if (stream.end <= held.end || stream.start >= held.lease.end || stream.start < held.lease.start)
        continue;
      // A piece that has begun to arrive is finished: half a piece serves nobody. Unless no more of it comes: then
      // whoever has the lease now will bring it.
      const isMoving = stream.position > stream.start && nowMs - stream.movedMs < STILL_MS;
      const begun = isMoving ? this.#geometry.pieceAt(stream.position - 1) : undefined;
      const keepUntil = begun === undefined ? stream.start : this.#geometry.endOf(begun);
      this.#trim(id, Math.max(held.end, keepUntil));
    }
  }

  /** Returns the pieces that became full. */
  bytes(event: OriginBytes, nowMs: number): readonly number[] {
    const stream = this.#streams.get(event.stream);
    const length = event.end - event.start;
    this.#fetchedBytes += length;
    this.#meter.add(length, nowMs);
    this.#fruitless = 0;
    this.#governor.progress(this.#fetchedBytes, this.#streams.size, nowMs);
    if (!stream) return [];
    const range = { start: event.start, end: Math.min(event.end, stream.end) };
    if (range.end <= range.start) return [];
    stream.position = range.end;
    stream.movedMs = nowMs;
    return this.#ledger.fill(event.stream, range);
  }

  ended(event: OriginEnded, nowMs: number): void {
    const stream = this.#streams.get(event.stream);
    if (!stream) return;
    this.#streams.delete(event.stream);
    this.#ledger.release(event.stream);
    // The piece in which it stood counts too: a fragment of it may have been given up meanwhile.
    this.#options.changed({ start: Math.max(stream.start, stream.position - 1), end: stream.end });
    if (stream.position < stream.end) {
      for (const held of this.leases)
        held.cursor = Math.min(held.cursor, Math.max(held.lease.start, stream.position));
    }
    // An end before the end of the range is no end, whatever the origin calls it: it must not be asked again at once.
    const isShort = event.outcome === 'complete' && stream.position < stream.end;
    const outcome = isShort ? 'broken' : event.outcome;
    if (outcome === 'broken') this.#governor.broken(nowMs);
    if (outcome === 'busy') this.#governor.refused(nowMs, event.retryAfterMs, this.#streams.size);
    if (outcome === 'refused') this.#giveUp(event.message);
    if (outcome === 'broken' || outcome === 'busy') {
      // A busy origin has said that it will serve later; one that breaks off has said nothing.
      if (stream.position === stream.start) this.#fruitless += outcome === 'busy' ? 1 / BUSY_PATIENCE : 1;
      if (this.#fruitless >= MAX_FRUITLESS && this.#streams.size === 0) this.#giveUp(event.message);
    }
  }

  /** Others hold these pieces now: streams that were going to fetch them end before. */
  skip(runs: readonly Run[]): void {
    const geometry = this.#geometry;
    for (const [id, stream] of this.#streams) {
      const next = Math.ceil(Math.max(stream.position, stream.start + 1) / geometry.pieceBytes);
      const last = geometry.pieceAt(stream.end - 1);
      for (const run of runs) {
        for (let piece = Math.max(run.start, next); piece < run.end && piece <= last; piece++) {
          if (geometry.startOf(piece) >= stream.end || !this.#options.onLan(piece)) continue;
          this.#trim(id, geometry.startOf(piece));
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
    for (const [id, stream] of this.#streams) {
      if (stream.end !== fragment.end || stream.position >= fragment.end) continue;
      const cut = Math.max(fragment.start, stream.position);
      if (fragment.end - cut < MIN_FRAGMENT_BYTES) return undefined;
      this.#trim(id, cut);
      return { start: cut, end: fragment.end };
    }
    return undefined;
  }

  /** Opens streams for leased bytes that nobody is getting yet. Returns tail leases that are complete now. */
  schedule(nowMs: number): readonly Lease[] {
    this.#nowMs = nowMs;
    const tails = this.#closeLeases();
    // What follows an idle spell is not slow because of it.
    if (this.#streams.size === 0 && this.leases.isFetched) this.#meter.pause(nowMs);
    if (this.#canFetch !== true) return tails;
    for (;;) {
      const target = this.#governor.target(nowMs);
      const spare = target - this.#streams.size;
      if (spare < 0 || (spare === 0 && !this.#mayOverlap(nowMs))) break;
      if (!this.#governor.mayOpen(nowMs)) break;
      const range = this.#nextRange(target);
      if (!range) break;
      const id = this.#options.nextWriter();
      this.#ledger.claim(id, range, 'origin');
      this.#options.changed(range);
      this.#meter.add(0, nowMs);
      this.#streams.set(id, { start: range.start, end: range.end, position: range.start, movedMs: nowMs });
      const end = this.#geometry.sizeBytes === undefined ? undefined : range.end;
      this.#options.emit({
        type: 'fetch',
        download: this.#options.download,
        stream: id,
        start: range.start,
        end,
      });
    }
    return tails;
  }

  deadline(): number | undefined {
    const at = this.leases.size > 0 && this.#canFetch ? this.#governor.nextAttemptMs() : undefined;
    return at !== undefined && at > this.#nowMs ? at : undefined;
  }

  /** The size became known: no lease or stream goes past it. */
  sizeKnown(sizeBytes: number): void {
    for (const held of this.leases) this.leases.revoke(held.lease.lease, sizeBytes);
    for (const stream of this.#streams.values()) stream.end = Math.min(stream.end, sizeBytes);
  }

  stop(): void {
    for (const stream of this.#streams.keys()) {
      this.#options.emit({ type: 'stop-fetch', download: this.#options.download, stream });
    }
    this.leases.clear();
  }

  get #geometry(): Geometry {
    return this.#ledger.geometry;
  }

  #giveUp(message: string | undefined): void {
    this.#canFetch = false;
    this.#refusal = message;
    this.stop();
  }

  #trim(id: number, end: number): void {
    const stream = this.#streams.get(id)!;
    if (end >= stream.end) return;
    const lost = { start: Math.max(end, stream.position), end: stream.end };
    stream.end = lost.start;
    this.#ledger.trim(id, lost.start);
    this.#options.changed(lost);
    this.#options.emit({ type: 'trim', download: this.#options.download, stream: id, end: stream.end });
  }

  /** Whether a stream may be opened already for what comes after those that are about to end. */
  #mayOverlap(nowMs: number): boolean {
    if (!this.#options.ranges || this.#streams.size >= this.#options.maxConnections) return false;
    const rate = this.rate(nowMs);
    let left = 0;
    for (const stream of this.#streams.values()) left += stream.end - stream.position;
    return left < (rate * OVERLAP_MS) / 1000;
  }

  /** The next bytes to fetch: from the oldest lease, in order, cut so that `connections` share what is left of it. */
  #nextRange(connections: number): ByteRange | undefined {
    for (const held of this.leases) {
      const start = this.#firstAbsent(held);
      if (start !== undefined) return { start, end: this.#absentUntil(start, held.end, connections) };
    }
    return undefined;
  }

  /** The first byte of a lease that nobody is getting. Moves the lease's cursor past what is settled. */
  #firstAbsent(held: HeldLease): number | undefined {
    const limit = Math.min(held.end, this.#geometry.limitBytes);
    // A revoked lease may end before the place that was reached.
    if (held.cursor >= limit) return undefined;
    const gap = this.#ledger.firstGap({ start: held.cursor, end: limit });
    if (!gap) return undefined;
    held.cursor = gap.start;
    for (const { start, end } of this.#ledger.gaps({ start: held.cursor, end: limit })) {
      for (let offset = start; offset < end; offset = this.#geometry.endOf(this.#geometry.pieceAt(offset))) {
        if (!this.#options.onLan(this.#geometry.pieceAt(offset))) return offset;
      }
    }
    return undefined;
  }

  #absentUntil(start: number, leaseEnd: number, connections: number): number {
    const geometry = this.#geometry;
    const gap = this.#ledger.firstGap({ start, end: Math.min(leaseEnd, this.#geometry.limitBytes) });
    if (!gap || gap.start !== start) return start;
    // An open-ended stream: the origin sends all there is, and nobody else fetches.
    if (geometry.sizeBytes === undefined) return gap.end;
    const share = start + Math.max(geometry.pieceBytes, Math.ceil((leaseEnd - start) / connections));
    let end = Math.min(geometry.endOf(geometry.pieceAt(start)), gap.end);
    while (end < gap.end && end < share && !this.#options.onLan(geometry.pieceAt(end))) {
      end = Math.min(geometry.endOf(geometry.pieceAt(end)), gap.end);
    }
    return end;
  }

  /** Drops the leases whose pieces are all held, and tails as soon as their bytes are there: those are returned. */
  #closeLeases(): readonly Lease[] {
    const tails: Lease[] = [];
    for (const held of this.leases) {
      const { lease, end } = held;
      if (!this.#isFetched(held)) {
        // What had arrived may have turned out wrong: look for gaps from the start again.
        if (held.fetched) held.cursor = lease.start;
        held.fetched = false;
        continue;
      }
      held.fetched = true;
      const run = { start: this.#geometry.pieceAt(lease.start), end: this.#geometry.pieceAt(end - 1) + 1 };
      if (lease.kind === 'tail') tails.push(lease);
      else if (end > lease.start && this.#ledger.held.firstMissing(run.start, run.end) !== undefined)
        continue;
      this.leases.drop(lease.lease);
    }
    return tails;
  }

  /** Whether no byte of a lease is absent or still coming from the origin. */
  #isFetched({ lease, end, cursor, fetched }: HeldLease): boolean {
    if (this.#geometry.sizeBytes === undefined) return false;
    for (const stream of this.#streams.values()) {
      if (stream.start < end && stream.end > lease.start && stream.position < stream.end) return false;
    }
    const from = fetched ? lease.start : cursor;
    return end <= from || this.#ledger.firstGap({ start: from, end }) === undefined;
  }
}
