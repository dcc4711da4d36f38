import type { PullEnded } from '../../src/core/contract.ts';
import type { Context } from './context.ts';
import { type Flow, Fluid } from './fluid.ts';
import type { Sessions } from './sessions.ts';
import type { SimMember } from './sim-member.ts';

/** One request for bytes to another member. */
interface Pull extends Flow {
  readonly id: number;
  readonly member: SimMember;
  readonly from: SimMember;
  /** The process of `from` that was asked: a later one knows nothing of it. */
  readonly fromLife: number;
  readonly start: number;
  readonly end: number;
  delivered: number;
  stopped: boolean;
}

/** Bytes that move between members over the LAN. */
export class Pulls {
  readonly fluid = new Fluid();
  readonly #world: Context;
  readonly #sessions: Sessions;
  readonly #up: readonly number[];
  readonly #down: readonly number[];
  readonly #pulls = new Map<number, Map<number, Pull>>();

  constructor(world: Context, sessions: Sessions) {
    this.#world = world;
    this.#sessions = sessions;
    this.#up = world.scenario.members.map((member) => this.fluid.addResource(member.upRate));
    this.#down = world.scenario.members.map((member) => this.fluid.addResource(member.downRate));
  }

  has(member: SimMember, id: number): boolean {
    return this.#pulls.get(member.index)?.has(id) ?? false;
  }

  count(member: SimMember): number {
    return this.#pulls.get(member.index)?.size ?? 0;
  }

  /** Pulls that the member has not asked to stop. */
  openCount(member: SimMember): number {
    return [...(this.#pulls.get(member.index)?.values() ?? [])].filter(({ stopped }) => !stopped).length;
  }

  pull(member: SimMember, id: number, from: SimMember, start: number, end: number): void {
    const pull: Pull = {
      id,
      member,
      from,
      fromLife: from.life,
      start,
      end,
      delivered: start,
      stopped: false,
      uses: [this.#up[from.index]!, this.#down[member.index]!],
      blocked: !this.#world.passing(member, from),
      position: start,
      target: start,
      rate: 0,
    };
    const pulls = this.#pulls.get(member.index) ?? new Map();
    this.#pulls.set(member.index, pulls);
    pulls.set(id, pull);
    this.#world.clock.after(2 * this.#sessions.latencyMs(member, from), () => this.#answer(pull));
  }

  stop(member: SimMember, id: number): void {
    const pull = this.#pulls.get(member.index)!.get(id)!;
    pull.stopped = true;
    this.#world.clock.after(0, () => this.#finish(pull, 'stopped'));
  }

  /** The process is gone. What others pull from it stands still until their sessions end. */
  died(member: SimMember): void {
    for (const pull of this.#pulls.get(member.index)?.values() ?? [])
      this.fluid.remove(pull, this.#world.clock.nowMs);
    this.#pulls.delete(member.index);
    this.refresh();
  }

  /** The session is over for `member`: its pulls from the other break. */
  breakBetween(member: SimMember, other: SimMember): void {
    for (const pull of [...(this.#pulls.get(member.index)?.values() ?? [])]) {
      if (pull.from === other) this.#finish(pull, 'broken');
    }
  }

  /** Takes over what has changed about who reaches whom. */
  refresh(): void {
    for (const pulls of this.#pulls.values()) {
      for (const pull of pulls.values()) {
        const blocked = pull.from.life !== pull.fromLife || !this.#world.passing(pull.member, pull.from);
        this.fluid.setBlocked(pull, blocked, this.#world.clock.nowMs);
      }
    }
  }

  /** A pull has come to its target. */
  reached(flow: Flow): void {
    const pull = flow as Pull;
    if (!this.#isOpen(pull)) return;
    this.#handOver(pull, pull.target);
    if (!this.#isOpen(pull)) return;
    if (pull.delivered >= pull.end) this.#finish(pull, 'complete');
    else this.#aim(pull);
  }

  #answer(pull: Pull): void {
    if (!this.#isOpen(pull)) return;
    const { member, from, start, end } = pull;
    if (from.core !== undefined && from.life === pull.fromLife && !pull.blocked) {
      const records = from.core.serve(this.#world.download, { start, end });
      if (records === undefined) {
        this.#finish(pull, 'refused');
        return;
      }
      if (!from.disk.canServe(start, end))
        this.#world.fail(`${from.name} would serve ${start} to ${end} and has not got it`);
      this.#world.note(from, `serves ${member.name} ${start} to ${end}`);
      this.#world.deliver(member, { type: 'records', download: this.#world.download, records });
      if (!this.#isOpen(pull)) return;
    }
    this.#aim(pull);
    this.fluid.add(pull, this.#world.clock.nowMs);
  }

  #aim(pull: Pull): void {
    const step = this.#world.stepBytes;
    this.fluid.setTarget(pull, Math.min((Math.floor(pull.delivered / step) + 1) * step, pull.end));
  }

  #handOver(pull: Pull, upTo: number): void {
    const { member, from, id, delivered: start } = pull;
    if (member.diskFailed) return;
    // A source that lost its disk, or never had it while it could not answer.
    if (!from.disk.canServe(start, upTo)) {
      this.#finish(pull, 'refused');
      return;
    }
    pull.delivered = upTo;
    member.lanBytes += upTo - start;
    const geometry = this.#world.geometry;
    for (let at = start; at < upTo; ) {
      const piece = geometry.pieceAt(at);
      const stop = Math.min(upTo, geometry.endOf(piece));
      const wrong = from.servesWrong(piece);
      for (const segment of from.disk.read(piece, at, stop)) {
        const value = wrong ? `wrong-${from.name}` : segment.value;
        member.disk.write(segment.start, segment.end, value, false);
      }
      at = stop;
    }
    this.#world.deliver(member, {
      type: 'pull-bytes',
      download: this.#world.download,
      pull: id,
      start,
      end: upTo,
    });
  }

  #finish(pull: Pull, outcome: PullEnded['outcome']): void {
    if (!this.#isOpen(pull)) return;
    const { member, from, id, start } = pull;
    this.fluid.remove(pull, this.#world.clock.nowMs);
    this.#pulls.get(member.index)!.delete(id);
    const { download } = this.#world;
    const { life } = member;
    if (pull.delivered > start) {
      this.#world.deliver(from, { type: 'served', download, bytes: pull.delivered - start });
    }
    if (member.life !== life) return;
    this.#world.deliver(member, { type: 'pull-ended', download, pull: id, outcome });
  }

  #isOpen(pull: Pull): boolean {
    return this.#pulls.get(pull.member.index)?.get(pull.id) === pull;
  }
}
