import type { Geometry } from '../geometry.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { LeaseReport, Report } from '../messages.ts';
import type { Run } from '../ranges.ts';
import { isSound } from './lease-report.ts';
import { LeaseTable } from './lease-table.ts';
import { isOpen, isOver, type MemberPlan, type PlannedLease } from './member-plan.ts';
import type { PieceState } from './piece-board.ts';
import type { PlannerCommand } from './planner-command.ts';
import { type PlannerSnapshot, snapshotOf } from './planner-snapshot.ts';
import { latestSeconds, leaseBytes } from './sizing.ts';
import { judgeRate, nextParoleMs, revokeStalled } from './stalls.ts';
import { isActive, leftSeconds, type Standing, standings } from './standing.ts';
import { steal } from './stealing.ts';

export type { PlannerCommand } from './planner-command.ts';
export type { PlannerSnapshot } from './planner-snapshot.ts';

/** No member is faster: 1 Tbit/s. */
const MAX_RATE = 125e9;
/** More leases in hand than this only make stealing slower. */
const MAX_WANTS = 4;
/** Leases of one report that are looked at. */
const MAX_REPORTED = 64;
/** A lease that is left out of a report may have pieces that are still being hashed and journalled. */
const SETTLE_MS = 1_500;
/** With less than this to do a member looks for something to steal, so that its link does not idle meanwhile. */
const STEAL_BELOW_SECONDS = 0.3;
/** An idle slow member waits this long for faster ones to take what is free, and half as long again as they would need. */
const YIELD_MS = 1_000;
const YIELD_FACTOR = 1.5;
/** A free run is taken whole when what is left of it would be less than this share of the lease. */
const CRUMB_SHARE = 0.25;

export interface PlannerOptions {
  readonly download: DownloadId;
  /** Of this coordinator; lease ids of a higher epoch are higher. */
  readonly epoch: number;
  /** At most `MAX_PIECES` pieces. */
  readonly geometry: Geometry;
  /** The origin cannot serve ranges: one member gets one lease from the first byte to the end. */
  readonly sequential: boolean;
  /** After a take-over nothing is granted before this time, unless every member present has reported. */
  readonly graceUntilMs: number;
}

/**
 * Decides for one download who fetches which bytes from the origin. Driven by the coordinator of a room with what the
 * members say; drained of commands; woken at `deadline()` with `tick`. All that it knows is soft and comes back with
 * the members' reports, so a new one may take over at any time. Times are the coordinator's clock in milliseconds.
 *
 * What keeps it right: each piece is free, leased or held; a piece whose lease ends without it, or whose last holder
 * leaves, is free again; a free piece is always given to somebody in the end, if need be to the slowest.
 */
export class Planner {
  readonly download: DownloadId;
  readonly #table: LeaseTable;
  readonly #sequential: boolean;
  readonly #graceUntilMs: number;
  #graceIsOver = false;
  #wakeMs = Number.POSITIVE_INFINITY;

  constructor(options: PlannerOptions) {
    this.download = options.download;
    this.#table = new LeaseTable(options.epoch, options.geometry);
    this.#sequential = options.sequential;
    this.#graceUntilMs = options.graceUntilMs;
  }

  memberUp(member: MemberId, nowMs: number): void {
    this.#table.up(member, nowMs);
    this.#plan(nowMs);
  }

  /** The member is gone: what it leased, and what only it held, is free. */
  memberDown(member: MemberId, nowMs: number): void {
    const plan = this.#table.plans.get(member);
    if (plan === undefined) return;
    this.#table.down(plan, nowMs);
    this.#plan(nowMs);
  }

  /** The member holds these pieces, checked. Never taken back while it is present. */
  held(member: MemberId, runs: readonly Run[], nowMs: number): void {
    const plan = this.#table.plans.get(member);
    if (plan === undefined) return;
    // Nothing becomes free by this, so nobody can be given more than before.
    this.#table.hold(plan, runs, nowMs);
  }

  /** Everything about the member's leases. Those not known are adopted as far as nobody else has their pieces. */
  report(member: MemberId, report: Report, nowMs: number): void {
    const plan = this.#table.plans.get(member);
    if (plan === undefined) return;
    plan.reported = true;
    plan.reportMs = nowMs;
    plan.canFetch = report.canFetch === true;
    plan.wants = Math.min(Math.max(0, Math.floor(report.wants) || 0), MAX_WANTS);
    plan.seenLease = Number.isSafeInteger(report.seenLease) ? report.seenLease : 0;
    // An idle member's meter only fades; what it could do is what it did.
    if (report.originRate > 0 && (report.leases.length > 0 || plan.rate === 0)) {
      plan.rate = Math.min(report.originRate, MAX_RATE);
    }
    this.#updateLeases(plan, report.leases, nowMs);
    if (!plan.canFetch) for (const live of plan.leases.filter(isOpen)) this.#table.cut(live, live.start);
    judgeRate(plan, nowMs);
    this.#plan(nowMs);
  }

  /** The size became known. The size of a piece stays as it was. */
  setGeometry(geometry: Geometry, nowMs: number): void {
    if (geometry.sizeBytes === undefined || this.#table.board !== undefined) return;
    this.#table.setSize(geometry.sizeBytes);
    this.#plan(nowMs);
  }

  tick(nowMs: number): void {
    this.#plan(nowMs);
  }

  /** When to call `tick`, if nothing happens before. */
  deadline(): number | undefined {
    return Number.isFinite(this.#wakeMs) ? this.#wakeMs : undefined;
  }

  /** What to tell the members, in order. */
  drain(): PlannerCommand[] {
    return this.#table.drain();
  }

  /** Undefined for a piece outside the file, and while the size is unknown. */
  stateOf(piece: number): PieceState | undefined {
    const { board } = this.#table;
    return board !== undefined && piece >= 0 && piece < board.pieceCount ? board.stateOf(piece) : undefined;
  }

  snapshot(): PlannerSnapshot {
    return snapshotOf(this.#table);
  }

  #updateLeases(plan: MemberPlan, reports: readonly LeaseReport[], nowMs: number): void {
    const listed = new Set<number>();
    for (const report of reports.slice(0, MAX_REPORTED)) {
      if (!isSound(report) || listed.has(report.lease)) continue;
      listed.add(report.lease);
      const live = plan.leases.find(({ id }) => id === report.lease);
      if (live === undefined) this.#table.adopt(plan, report, nowMs);
      else this.#updateLease(live, report, nowMs);
    }
    for (const live of [...plan.leases]) {
      if (live.id > plan.seenLease || listed.has(live.id)) continue;
      if (isOver(live) || live.kind === 'tail' || !plan.canFetch) this.#table.forget(live);
      else live.settlingMs ??= nowMs;
    }
  }

  #updateLease(live: PlannedLease, report: LeaseReport, nowMs: number): void {
    live.settlingMs = undefined;
    if (live.cutIsNews && report.end <= live.end) {
      live.cutIsNews = false;
      live.forgottenBytes = 0;
      live.receivedBytes = Math.min(live.receivedBytes, report.receivedBytes);
    }
    if (report.receivedBytes <= live.receivedBytes) return;
    live.receivedBytes = report.receivedBytes;
    live.progressMs = nowMs;
    live.plan.progressMs = nowMs;
    live.plan.pace = live.plan.rate;
    live.plan.probation = undefined;
  }

  #plan(nowMs: number): void {
    this.#wakeMs = Number.POSITIVE_INFINITY;
    if (!this.#mayGrant(nowMs)) {
      this.#wakeMs = this.#graceUntilMs;
      return;
    }
    this.#settle(nowMs);
    this.#wakeMs = Math.min(
      this.#wakeMs,
      revokeStalled(this.#table, nowMs),
      nextParoleMs(this.#table, nowMs),
    );
    if (this.#sequential || this.#table.board === undefined) this.#planStream(nowMs);
    else this.#planRuns(nowMs);
  }

  #mayGrant(nowMs: number): boolean {
    if (this.#graceIsOver) return true;
    const plans = [...this.#table.plans.values()];
    this.#graceIsOver =
      nowMs >= this.#graceUntilMs || (plans.length > 0 && plans.every(({ reported }) => reported));
    return this.#graceIsOver;
  }

  /** Gives up on pieces of finished leases that nobody came to hold. */
  #settle(nowMs: number): void {
    for (const plan of this.#table.plans.values()) {
      for (const live of [...plan.leases]) {
        if (live.settlingMs === undefined) continue;
        const dueMs = live.settlingMs + SETTLE_MS;
        if (nowMs < dueMs) {
          this.#wakeMs = Math.min(this.#wakeMs, dueMs);
          continue;
        }
        plan.drops += 1;
        this.#table.forget(live);
      }
    }
  }

  /** One member streams the file: whoever failed least, then the fastest. */
  #planStream(nowMs: number): void {
    const { board, plans } = this.#table;
    if (board?.unheldBytes === 0) return;
    for (const plan of plans.values()) if (plan.leases.some((live) => !isOver(live))) return;
    const able = standings(this.#table, nowMs).filter(({ room }) => room > 0);
    able.sort((a, b) => a.plan.drops - b.plan.drops || b.rate - a.rate);
    const [best] = able;
    if (best !== undefined) this.#table.grantStream(best.plan, nowMs);
  }

  /** Serves those who want work, the one that runs dry first before the others. */
  #planRuns(nowMs: number): void {
    if (this.#table.board!.unheldBytes === 0) return;
    const field = standings(this.#table, nowMs);
    const waiting = new Set(field.filter(({ room }) => room > 0));
    while (waiting.size > 0) {
      let next: Standing | undefined;
      for (const standing of waiting) {
        if (next === undefined || leftSeconds(standing) < leftSeconds(next)) next = standing;
      }
      if (next === undefined) return;
      if (!this.#serve(next, field, nowMs) || next.room <= 0) waiting.delete(next);
    }
  }

  /** Gives the member one more lease; false if there is none for it. */
  #serve(standing: Standing, field: readonly Standing[], nowMs: number): boolean {
    if (this.#table.board!.freeBytes > 0) return this.#giveFree(standing, field, nowMs);
    if (leftSeconds(standing) > STEAL_BELOW_SECONDS) return false;
    return steal(this.#table, standing, field, nowMs);
  }

  #giveFree(standing: Standing, field: readonly Standing[], nowMs: number): boolean {
    const board = this.#table.board!;
    const { pieceBytes } = this.#table.geometry;
    const { plan, rate } = standing;
    const others = field.filter((other) => other !== standing && isActive(other, nowMs));
    let totalRate = rate;
    let leftBytes = board.freeBytes + standing.leftBytes;
    let soonestElsewhere = Number.POSITIVE_INFINITY;
    for (const other of others) {
      totalRate += other.rate;
      leftBytes += other.leftBytes;
      soonestElsewhere = Math.min(soonestElsewhere, (other.leftBytes + pieceBytes) / other.rate);
    }
    const latest = latestSeconds(leftBytes / totalRate, soonestElsewhere);
    const mostBytes = latest * rate - standing.leftBytes;
    if (mostBytes < pieceBytes && !this.#hasYielded(standing, soonestElsewhere, nowMs)) return false;
    const want = leaseBytes({
      pieceBytes,
      freeBytes: board.freeBytes,
      rate,
      rateIsKnown: standing.rateIsKnown,
      anyRateIsKnown: field.some(({ rateIsKnown }) => rateIsKnown),
      totalRate,
      isAlone: others.length === 0,
      grants: plan.grants,
    });
    const pieces =
      plan.probation === undefined ? Math.max(1, Math.round(Math.min(want, mostBytes) / pieceBytes)) : 1;
    const live = this.#table.grantRun(plan, this.#lowestFree(pieces), nowMs);
    standing.leftBytes += live.end - live.start;
    standing.room -= 1;
    return true;
  }

  /** The lowest free run of about so many pieces: order makes the hash of the whole file cheap. */
  #lowestFree(pieces: number): Run {
    const limit = pieces + Math.floor(pieces * CRUMB_SHARE) + 1;
    const run = this.#table.board!.freeRun(0, limit)!;
    return run.end - run.start < limit ? run : { start: run.start, end: run.start + pieces };
  }

  /** Whether an idle slow member has waited long enough for the faster ones, who may never come. */
  #hasYielded(standing: Standing, soonestElsewhere: number, nowMs: number): boolean {
    const { plan } = standing;
    if (standing.leftBytes > 0) return false;
    plan.refusedMs ??= nowMs;
    const dueMs = plan.refusedMs + YIELD_MS + soonestElsewhere * YIELD_FACTOR * 1_000;
    if (nowMs >= dueMs) return true;
    this.#wakeMs = Math.min(this.#wakeMs, dueMs);
    return false;
  }
}
