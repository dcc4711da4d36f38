import { Bitfield } from '../bitfield.ts';
import { Geometry, MAX_PIECES } from '../geometry.ts';
import type { MemberId } from '../ids.ts';
import type { Lease, LeaseReport } from '../messages.ts';
import type { Run } from '../ranges.ts';
import { LeaseIds } from './lease-ids.ts';
import {
  isOpen,
  isOver,
  type MemberPlan,
  newMemberPlan,
  type PlannedLease,
  type Tail,
  takeLease,
} from './member-plan.ts';
import { PieceBoard } from './piece-board.ts';
import type { PlannerCommand } from './planner-command.ts';

/** Leases remembered for one member; what it reports beyond that is not adopted. */
const MAX_LEASES = 64;

/**
 * Who is present, who holds and who leases what: the facts that the planner decides on, and the messages that every
 * change of a lease calls for.
 *
 * Invariants: a piece has at most one lease of kind `run`; every piece of a run lease that is not over belongs to it on
 * the board; a lease that is over owns nothing. While the size is unknown there is no board, and at most one lease.
 */
export class LeaseTable {
  readonly plans = new Map<MemberId, MemberPlan>();
  readonly #ids: LeaseIds;
  readonly #tails = new Map<number, Tail>();
  #geometry: Geometry;
  #board: PieceBoard<PlannedLease> | undefined;
  #commands: PlannerCommand[] = [];
  /** Bytes that may be fetched twice because of tails. */
  #duplicateBytes = 0;

  constructor(epoch: number, geometry: Geometry) {
    this.#ids = new LeaseIds(epoch);
    this.#geometry = geometry;
    if (geometry.sizeBytes !== undefined) this.#board = new PieceBoard(geometry);
  }

  get geometry(): Geometry {
    return this.#geometry;
  }

  /** Undefined while the size is unknown. */
  get board(): PieceBoard<PlannedLease> | undefined {
    return this.#board;
  }

  get duplicateBytes(): number {
    return this.#duplicateBytes;
  }

  drain(): PlannerCommand[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  up(member: MemberId, nowMs: number): void {
    if (!this.plans.has(member)) this.plans.set(member, newMemberPlan(member, new Bitfield(), nowMs));
  }

  down(plan: MemberPlan, nowMs: number): void {
    this.plans.delete(plan.id);
    for (const live of plan.leases) this.#release(live, live.start);
    plan.leases = [];
    for (const piece of plan.holds) this.#unheld(piece, nowMs);
    this.#commands = this.#commands.filter(({ to }) => to !== plan.id);
  }

  /** The size became known. Pieces keep their size. */
  setSize(sizeBytes: number): void {
    this.#geometry = new Geometry(sizeBytes, this.#geometry.pieceBytes);
    this.#board = new PieceBoard<PlannedLease>(this.#geometry);
    const { pieceCount } = this.#board;
    for (const plan of this.plans.values()) {
      plan.holds.clearRun({ start: pieceCount, end: MAX_PIECES });
      for (const piece of plan.holds) this.#board.hold(piece);
    }
    for (const plan of this.plans.values()) {
      for (const live of plan.leases) {
        if (live.end <= live.start) continue;
        live.end = sizeBytes;
        live.run = { start: 0, end: pieceCount };
        live.heldBytes = this.#board.heldBytesIn(live.run);
        this.#board.lease(live.run, live);
      }
    }
  }

  /** The member holds these pieces; rubbish in it is passed over. */
  hold(plan: MemberPlan, runs: readonly Run[], nowMs: number): void {
    const count = this.#board?.pieceCount ?? MAX_PIECES;
    for (const run of runs) {
      if (!Number.isSafeInteger(run.start) || !Number.isSafeInteger(run.end)) continue;
      const end = Math.min(run.end, count);
      for (let piece = Math.max(0, run.start); piece < end; piece += 1) {
        if (plan.holds.set(piece)) this.#held(plan, piece, nowMs);
      }
    }
  }

  grantRun(plan: MemberPlan, run: Run, nowMs: number): PlannedLease {
    const { start, end } = this.#geometry.bytesOfRun(run);
    const live = this.#grant(plan, { kind: 'run', owner: undefined, start, end, run }, nowMs);
    live.heldBytes = this.#board!.heldBytesIn(run);
    this.#board!.lease(run, live);
    return live;
  }

  /** The whole file from its first byte, wherever it may end. */
  grantStream(plan: MemberPlan, nowMs: number): void {
    const { limitBytes, pieceCount } = this.#geometry;
    if (pieceCount !== undefined) this.grantRun(plan, { start: 0, end: pieceCount }, nowMs);
    else
      this.#grant(
        plan,
        {
          kind: 'run',
          owner: undefined,
          start: 0,
          end: limitBytes,
          run: { start: 0, end: 0 },
        },
        nowMs,
      );
  }

  /** The end of a piece, from `start` on, that `owner` is fetching. */
  grantTail(plan: MemberPlan, owner: PlannedLease, piece: number, start: number, nowMs: number): void {
    const end = this.#geometry.endOf(piece);
    const rest = { kind: 'tail', owner: owner.plan, start, end, run: { start: piece, end: piece } } as const;
    this.#tails.set(piece, { helper: this.#grant(plan, rest, nowMs), owner, bytes: end - start });
    owner.plan.promisedBytes += end - start;
    this.#duplicateBytes += end - start;
  }

  hasTail(piece: number): boolean {
    return this.#tails.has(piece);
  }

  /** Lets the lease end at the piece-aligned offset `end`, or drops it whole at or before its start, and tells. */
  cut(live: PlannedLease, end: number): void {
    this.#release(live, end);
    this.#commands.push({ type: 'revoke', to: live.plan.id, lease: live.id, end: live.end });
  }

  /** The member has done with the lease or given it up. */
  forget(live: PlannedLease): void {
    const { plan } = live;
    plan.leases = plan.leases.filter((other) => other !== live);
    if (live.kind === 'run') this.#release(live, live.start);
  }

  /**
   * A lease that an earlier coordinator gave. What of it belongs to somebody else already is taken back. A range that
   * begins within a piece is a tail; whose, nobody knows any more.
   */
  adopt(plan: MemberPlan, report: LeaseReport, nowMs: number): void {
    if (plan.leases.length >= MAX_LEASES) return;
    this.#ids.skip(report.lease);
    const board = this.#board;
    if (board === undefined) {
      this.#adoptStream(plan, report, nowMs);
      return;
    }
    const { pieceBytes } = this.#geometry;
    const sizeBytes = this.#geometry.sizeBytes!;
    const end = Math.min(report.end, sizeBytes);
    if (report.start >= end) return;
    if (report.start % pieceBytes !== 0) {
      const piece = this.#geometry.pieceAt(report.start);
      if (end > this.#geometry.endOf(piece)) return;
      if (board.isHeld(piece) || this.#tails.has(piece)) return;
      const rest = { kind: 'tail', owner: undefined, end, run: { start: piece, end: piece } } as const;
      const helper = takeLease(plan, report, rest, nowMs);
      this.#tails.set(piece, { helper, owner: undefined, bytes: 0 });
      return;
    }
    const from = report.start / pieceBytes;
    const run = {
      start: from,
      end: board.ownedFrom({
        start: from,
        end: end === sizeBytes ? board.pieceCount : Math.floor(end / pieceBytes),
      }),
    };
    const bytes = this.#geometry.bytesOfRun(run);
    const live = takeLease(plan, report, { kind: 'run', owner: undefined, end: bytes.end, run }, nowMs);
    live.heldBytes = board.heldBytesIn(run);
    board.lease(run, live);
    if (bytes.end < end) this.#commands.push({ type: 'revoke', to: plan.id, lease: live.id, end: bytes.end });
  }

  #adoptStream(plan: MemberPlan, report: LeaseReport, nowMs: number): void {
    const taken = [...this.plans.values()].some((other) =>
      other.leases.some((live) => live.end > live.start),
    );
    const wrong = taken || report.start !== 0;
    const end = wrong ? report.start : this.#geometry.limitBytes;
    const live = takeLease(
      plan,
      report,
      { kind: 'run', owner: undefined, end, run: { start: 0, end: 0 } },
      nowMs,
    );
    if (wrong) this.#commands.push({ type: 'revoke', to: plan.id, lease: live.id, end });
  }

  #grant(
    plan: MemberPlan,
    { start, ...rest }: Pick<PlannedLease, 'kind' | 'owner' | 'start' | 'end' | 'run'>,
    nowMs: number,
  ): PlannedLease {
    const id = this.#ids.next();
    const live = takeLease(plan, { lease: id, start, end: rest.end, receivedBytes: 0 }, rest, nowMs);
    plan.grants += 1;
    plan.refusedMs = undefined;
    const lease: Lease = { lease: id, kind: rest.kind, owner: rest.owner?.id, start, end: rest.end };
    this.#commands.push({ type: 'grant', to: plan.id, lease });
    return live;
  }

  /** Shortens a lease on this side only. */
  #release(live: PlannedLease, end: number): void {
    if (live.kind === 'tail') {
      const tail = this.#tails.get(live.run.start);
      if (tail?.helper === live) this.#dropTail(tail);
    } else if (this.#board !== undefined && end < live.end) {
      const keepUntil = Math.max(live.run.start, Math.ceil(end / this.#geometry.pieceBytes));
      const gone = { start: keepUntil, end: live.run.end };
      for (const [piece, tail] of this.#tails)
        if (tail.owner === live && piece >= keepUntil) this.#endTail(piece);
      this.#board.unlease(gone, live);
      const forgotten = this.#board.heldBytesIn(gone);
      live.run = { start: live.run.start, end: keepUntil };
      live.heldBytes -= forgotten;
      live.forgottenBytes += forgotten;
      live.cutIsNews = true;
    }
    live.end = Math.max(live.start, Math.min(live.end, end));
  }

  #held(plan: MemberPlan, piece: number, nowMs: number): void {
    const board = this.#board;
    if (board === undefined) {
      for (const live of plan.leases) live.progressMs = nowMs;
      plan.progressMs = nowMs;
      return;
    }
    const first = board.hold(piece);
    const owner = board.ownerOf(piece);
    if (owner?.plan === plan) {
      owner.progressMs = nowMs;
      plan.progressMs = nowMs;
    }
    if (!first) return;
    this.#endTail(piece);
    if (owner === undefined) return;
    owner.heldBytes += this.#geometry.bytesOf(piece);
    if (!isOver(owner)) return;
    owner.plan.rateCap = Number.POSITIVE_INFINITY;
    if (owner.settlingMs !== undefined) this.forget(owner);
  }

  #unheld(piece: number, nowMs: number): void {
    const owner = this.#board?.unhold(piece) ? this.#board.ownerOf(piece) : undefined;
    if (owner === undefined) return;
    if (!owner.plan.leases.some(isOpen)) owner.plan.progressMs = nowMs;
    owner.heldBytes -= this.#geometry.bytesOf(piece);
  }

  /** Nobody needs the end of this piece any more. */
  #endTail(piece: number): void {
    const tail = this.#tails.get(piece);
    if (tail === undefined) return;
    this.#dropTail(tail);
    const { helper } = tail;
    if (!helper.plan.leases.includes(helper) || helper.end <= helper.start) return;
    helper.end = helper.start;
    this.#commands.push({ type: 'revoke', to: helper.plan.id, lease: helper.id, end: helper.end });
  }

  #dropTail({ helper, owner, bytes }: Tail): void {
    this.#tails.delete(helper.run.start);
    if (owner === undefined) return;
    owner.plan.promisedBytes -= bytes;
    // What had not arrived by the last report is not counted as fetched twice.
    if (helper.plan.leases.includes(helper))
      this.#duplicateBytes -= Math.max(0, helper.end - helper.start - helper.receivedBytes);
  }
}
