import { Geometry } from '../../core/geometry.ts';
import type { Lease } from '../../core/messages.ts';
import { RateMeter } from '../../core/rate.ts';
import { Planner } from '../../core/splitfire/planner.ts';

/** One member of the model. Rates are bytes per second, times milliseconds. */
export interface FluidMember {
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

export interface FluidOptions {
  readonly sizeBytes: number;
  readonly pieceBytes: number;
  readonly members: readonly FluidMember[];
  /** One way, between member and coordinator and between members. */
  readonly latencyMs?: number;
  /** Equal shares of a lease are fetched at once by so many connections. */
  readonly streams?: number;
  /** A new coordinator that knows nothing takes over at this time. */
  readonly takeOverMs?: number;
  readonly limitMs?: number;
  /** Called after every step. */
  readonly check?: (planner: Planner, nowMs: number) => void;
}

export interface FluidResult {
  /** When every piece was held by somebody present; undefined if that did not come to pass. */
  readonly doneMs: number | undefined;
  readonly originBytes: number;
  readonly originBytesOf: readonly number[];
  readonly grants: number;
  readonly tails: number;
  readonly revokes: number;
  readonly duplicateBytes: number;
}

const STEP_MS = 10;
const REPORT_MS = 250;
const IN_HAND = 2;

interface Hand {
  readonly lease: Lease;
  end: number;
  receivedBytes: number;
}

/** A room whose links are pipes of constant rate, to see what the planner's decisions are worth. */
export class FluidRoom {
  readonly #options: FluidOptions;
  readonly #geometry: Geometry;
  readonly #pieceCount: number;
  readonly #members: Member[];
  readonly #heldBy: Set<number>[];
  #planner: Planner;
  #epoch = 1;
  #queue: { atMs: number; run: () => void }[] = [];
  nowMs = 0;
  grants = 0;
  tails = 0;
  revokes = 0;

  constructor(options: FluidOptions) {
    this.#options = options;
    this.#geometry = new Geometry(options.sizeBytes, options.pieceBytes);
    this.#pieceCount = this.#geometry.pieceCount!;
    this.#planner = this.#newPlanner(0);
    this.#heldBy = Array.from({ length: this.#pieceCount }, () => new Set<number>());
    this.#members = options.members.map(
      (member, index) => new Member(this, index, member, this.#geometry, options.streams ?? 1),
    );
  }

  run(): FluidResult {
    const limitMs = this.#options.limitMs ?? 3_600_000;
    let doneMs: number | undefined;
    while (doneMs === undefined && this.nowMs < limitMs) {
      this.#step();
      if (this.#heldBy.every((holders) => [...holders].some((index) => this.#members[index]!.isPresent)))
        doneMs = this.nowMs;
    }
    return {
      doneMs,
      originBytes: this.#members.reduce((sum, { originBytes }) => sum + originBytes, 0),
      originBytesOf: this.#members.map(({ originBytes }) => originBytes),
      grants: this.grants,
      tails: this.tails,
      revokes: this.revokes,
      duplicateBytes: this.#planner.snapshot().duplicateBytes,
    };
  }

  later(run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + (this.#options.latencyMs ?? 5), run });
  }

  report(member: Member): void {
    const report = member.report(this.#epoch, this.nowMs);
    this.later(() => {
      if (member.isPresent) this.#planner.report(member.id, report, this.nowMs);
    });
  }

  keep(member: Member, piece: number): void {
    this.#heldBy[piece]!.add(member.index);
    member.known.add(piece);
    this.later(() => {
      if (!member.isPresent) return;
      this.#planner.held(member.id, [{ start: piece, end: piece + 1 }], this.nowMs);
      for (const other of this.#members) if (other.isPresent) other.known.add(piece);
    });
  }

  fragment(from: Member, lease: Lease): void {
    this.later(() => this.#members.find(({ id }) => id === lease.owner)?.receiveTail(lease, from));
  }

  #step(): void {
    this.nowMs += STEP_MS;
    for (const member of this.#members) this.#comeAndGo(member);
    if (this.#options.takeOverMs !== undefined && this.#epoch === 1 && this.nowMs >= this.#options.takeOverMs)
      this.#takeOver();
    const due = this.#queue.filter(({ atMs }) => atMs <= this.nowMs);
    this.#queue = this.#queue.filter(({ atMs }) => atMs > this.nowMs);
    for (const { run } of due) run();
    for (const member of this.#members) if (member.isPresent) member.step(STEP_MS);
    const deadline = this.#planner.deadline();
    if (deadline !== undefined && deadline <= this.nowMs) this.#planner.tick(this.nowMs);
    this.#deliver();
    this.#options.check?.(this.#planner, this.nowMs);
  }

  #comeAndGo(member: Member): void {
    const { joinMs = 0, leaveMs = Number.POSITIVE_INFINITY } = member.link;
    const present = this.nowMs >= joinMs && this.nowMs < leaveMs;
    if (present === member.isPresent) return;
    member.isPresent = present;
    if (present) {
      this.#planner.memberUp(member.id, this.nowMs);
      this.#heldBy.forEach((holders, piece) => {
        if ([...holders].some((index) => this.#members[index]!.isPresent)) member.known.add(piece);
      });
      this.report(member);
      return;
    }
    this.#planner.memberDown(member.id, this.nowMs);
    this.#heldBy.forEach((holders, piece) => {
      holders.delete(member.index);
      if (holders.size === 0) for (const other of this.#members) other.known.delete(piece);
    });
  }

  #takeOver(): void {
    this.#epoch = 2;
    this.#queue = [];
    this.#planner = this.#newPlanner(this.nowMs + 500);
    for (const member of this.#members) {
      if (!member.isPresent) continue;
      this.#planner.memberUp(member.id, this.nowMs);
      this.#heldBy.forEach((holders, piece) => {
        if (holders.has(member.index)) this.keep(member, piece);
      });
      this.report(member);
    }
  }

  #newPlanner(graceUntilMs: number): Planner {
    return new Planner({
      download: 'd',
      epoch: this.#epoch,
      geometry: this.#geometry,
      sequential: false,
      graceUntilMs,
    });
  }

  #deliver(): void {
    for (const command of this.#planner.drain()) {
      const member = this.#members.find(({ id }) => id === command.to)!;
      if (command.type === 'revoke') this.revokes += 1;
      else if (command.lease.kind === 'run') this.grants += 1;
      else this.tails += 1;
      this.later(() => {
        if (!member.isPresent) return;
        if (command.type === 'grant') member.grant(command.lease);
        else member.revoke(command.lease, command.end);
      });
    }
  }
}

/** Works on its oldest lease, in as many equal shares at once as it has streams. */
class Member {
  readonly id: string;
  readonly index: number;
  readonly link: FluidMember;
  readonly known = new Set<number>();
  isPresent = false;
  originBytes = 0;
  readonly #room: FluidRoom;
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

  constructor(room: FluidRoom, index: number, link: FluidMember, geometry: Geometry, streams: number) {
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

  receiveTail(lease: Lease, _from: Member): void {
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
