import { Geometry } from '../../core/geometry.ts';
import type { Lease } from '../../core/messages.ts';
import { Planner } from '../../core/splitfire/planner.ts';
import { type FluidLink, FluidMember } from './fluid-member.ts';

export type { FluidLink } from './fluid-member.ts';

export interface FluidOptions {
  readonly sizeBytes: number;
  readonly pieceBytes: number;
  readonly members: readonly FluidLink[];
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

/** A room whose links are pipes of constant rate, to see what the planner's decisions are worth. */
export class FluidRoom {
  readonly #options: FluidOptions;
  readonly #geometry: Geometry;
  readonly #pieceCount: number;
  readonly #members: FluidMember[];
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
      (member, index) => new FluidMember(this, index, member, this.#geometry, options.streams ?? 1),
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

  report(member: FluidMember): void {
    const report = member.report(this.#epoch, this.nowMs);
    this.later(() => {
      if (member.isPresent) this.#planner.report(member.id, report, this.nowMs);
    });
  }

  keep(member: FluidMember, piece: number): void {
    this.#heldBy[piece]!.add(member.index);
    member.known.add(piece);
    this.later(() => {
      if (!member.isPresent) return;
      this.#planner.held(member.id, [{ start: piece, end: piece + 1 }], this.nowMs);
      for (const other of this.#members) if (other.isPresent) other.known.add(piece);
    });
  }

  fragment(from: FluidMember, lease: Lease): void {
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

  #comeAndGo(member: FluidMember): void {
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
