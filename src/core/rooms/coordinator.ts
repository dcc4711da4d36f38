import { Geometry } from '../geometry.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { Have, Message, Offer, Report } from '../messages.ts';
import { Planner } from '../splitfire/planner.ts';

/** A take-over waits this long for the members' reports before it grants anything: what they hold and lease is theirs. */
const TAKEOVER_GRACE_MS = 500;

export interface CoordinatorCommand {
  readonly to: MemberId;
  readonly message: Message;
}

/**
 * The coordinator of a room: one planner per download, fed by what the members say. All that it knows can be rebuilt
 * from their reports, so it starts empty and may die at any time.
 */
export class Coordinator {
  readonly #epoch: number;
  readonly #graceUntilMs: number;
  readonly #members = new Set<MemberId>();
  readonly #plans = new Map<DownloadId, { offer: Offer; planner: Planner }>();
  #commands: CoordinatorCommand[] = [];

  constructor(epoch: number, nowMs: number) {
    this.#epoch = epoch;
    this.#graceUntilMs = epoch > 1 ? nowMs + TAKEOVER_GRACE_MS : nowMs;
  }

  offer(offer: Offer, nowMs: number): void {
    const plan = this.#plans.get(offer.download);
    const geometry = new Geometry(offer.identity.sizeBytes, offer.pieceBytes);
    if (plan) {
      if (plan.offer.identity.sizeBytes === undefined && geometry.sizeBytes !== undefined) {
        plan.planner.setGeometry(geometry, nowMs);
        plan.offer = offer;
      }
    } else {
      const planner = new Planner({
        download: offer.download,
        epoch: this.#epoch,
        geometry,
        sequential: !offer.ranges,
        graceUntilMs: this.#graceUntilMs,
      });
      for (const member of this.#members) planner.memberUp(member, nowMs);
      this.#plans.set(offer.download, { offer, planner });
    }
    this.#collect();
  }

  memberUp(member: MemberId, nowMs: number): void {
    this.#members.add(member);
    for (const { planner } of this.#plans.values()) planner.memberUp(member, nowMs);
    this.#collect();
  }

  memberDown(member: MemberId, nowMs: number): void {
    this.#members.delete(member);
    for (const { planner } of this.#plans.values()) planner.memberDown(member, nowMs);
    this.#collect();
  }

  have(from: MemberId, have: Have, nowMs: number): void {
    this.#plans.get(have.download)?.planner.held(from, have.runs, nowMs);
    this.#collect();
  }

  /** Reports of another epoch were meant for another coordinator, or for this one before it took over again. */
  report(from: MemberId, report: Report, nowMs: number): void {
    if (report.epoch !== this.#epoch || !this.#members.has(from)) return;
    this.#plans.get(report.download)?.planner.report(from, report, nowMs);
    this.#collect();
  }

  tick(nowMs: number): void {
    for (const { planner } of this.#plans.values()) planner.tick(nowMs);
    this.#collect();
  }

  deadline(): number | undefined {
    let earliest: number | undefined;
    for (const { planner } of this.#plans.values()) {
      const at = planner.deadline();
      if (at !== undefined) earliest = Math.min(earliest ?? at, at);
    }
    return earliest;
  }

  drain(): readonly CoordinatorCommand[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  #collect(): void {
    for (const [download, { planner }] of this.#plans) {
      for (const command of planner.drain()) {
        const message: Message =
          command.type === 'grant'
            ? { type: 'grant', epoch: this.#epoch, download, lease: command.lease }
            : { type: 'revoke', epoch: this.#epoch, download, lease: command.lease, end: command.end };
        this.#commands.push({ to: command.to, message });
        // Whoever is helped must know it, or anybody could press bytes on it that it then signs.
        const owner = command.type === 'grant' ? command.lease.owner : undefined;
        if (owner !== undefined) this.#commands.push({ to: owner, message });
      }
    }
  }
}
