import type { PullEnded } from '../../src/core/contract.ts';
import type { PieceRecord } from '../../src/core/messages.ts';
import type { Context } from './context.ts';
import { type Flow, Fluid } from './fluid.ts';
import type { Sessions } from './sessions.ts';
import type { SimMember } from './sim-member.ts';

/** One request for bytes to another member. */
interface Pull extends Flow {
  readonly id: number;
  readonly member: SimMember;
  /** The process that asks. */
  readonly life: number;
  readonly from: SimMember;
  /** The process of `from` that was asked: a later one knows nothing of it. */
  readonly fromLife: number;
  /** Its number as a request at `from`, once that has heard of it and until that is told that it is over. */
  request: number | undefined;
  /** The request is on its way and cannot get through. */
  isStuck: boolean;
  /** What goes ahead of the first bytes. */
  records: readonly PieceRecord[];
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
  /** What members have been asked for and have not been told the end of, by number. */
  readonly #requests = new Map<number, Pull>();
  #lastRequest = 0;

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
      life: member.life,
      from,
      fromLife: from.life,
      request: undefined,
      isStuck: false,
      records: [],
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
    this.#world.clock.after(this.#sessions.latencyMs(member, from), () => this.#ask(pull));
  }

  stop(member: SimMember, id: number): void {
    const pull = this.#pulls.get(member.index)!.get(id)!;
    pull.stopped = true;
    this.#world.clock.after(0, () => this.#finish(pull, 'stopped'));
  }

  /** The core of `member` lets a request have its bytes. */
  serve(member: SimMember, request: number, records: readonly PieceRecord[]): void {
    const pull = this.#requests.get(request)!;
    if (!member.disk.canServe(pull.start, pull.end))
      this.#world.fail(`${member.name} would serve ${pull.start} to ${pull.end} and has not got it`);
    pull.records = records;
    this.#world.clock.after(this.#sessions.latencyMs(member, pull.member), () => this.#begin(pull));
  }

  /** The core of `member` refuses a request. */
  refuse(request: number): void {
    const pull = this.#requests.get(request)!;
    this.#requests.delete(request);
    pull.request = undefined;
    const latencyMs = this.#sessions.latencyMs(pull.from, pull.member);
    this.#world.clock.after(latencyMs, () => this.#finish(pull, 'refused'));
  }

  /** Whether a request waits for an answer of `member`, or is being served by it. */
  isAsked(member: SimMember, request: number): boolean {
    return this.#requests.get(request)?.from === member;
  }

  /** The process is gone. What others pull from it stands still until their sessions end. */
  died(member: SimMember): void {
    const own = [...(this.#pulls.get(member.index)?.values() ?? [])];
    this.#pulls.delete(member.index);
    for (const pull of own) this.fluid.remove(pull, this.#world.clock.nowMs);
    this.refresh();
  }

  /** The session is over for `member`: its pulls from the other break. */
  breakBetween(member: SimMember, other: SimMember): void {
    for (const pull of [...(this.#pulls.get(member.index)?.values() ?? [])]) {
      if (pull.from === other) this.#finish(pull, 'broken');
    }
    // What a process that is gone had asked for is over when its session is.
    for (const pull of [...this.#requests.values()]) {
      if (pull.from === member && pull.member === other && pull.life !== other.life) this.#over(pull);
    }
  }

  /** Takes over what has changed about who reaches whom. */
  refresh(): void {
    for (const pulls of this.#pulls.values()) {
      for (const pull of pulls.values()) {
        const blocked = pull.from.life !== pull.fromLife || !this.#world.passing(pull.member, pull.from);
        this.fluid.setBlocked(pull, blocked, this.#world.clock.nowMs);
        if (blocked || !pull.isStuck) continue;
        pull.isStuck = false;
        this.#world.clock.after(0, () => this.#ask(pull));
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

  /** The request arrives, unless the way is blocked: then it does when that is over, or the session ends before. */
  #ask(pull: Pull): void {
    if (!this.#isOpen(pull)) return;
    const { member, from, start, end } = pull;
    if (from.core === undefined || from.life !== pull.fromLife || pull.blocked) {
      pull.isStuck = true;
      return;
    }
    const request = ++this.#lastRequest;
    pull.request = request;
    this.#requests.set(request, pull);
    const { download } = this.#world;
    this.#world.deliver(from, { type: 'serve-request', request, peer: member.id, download, start, end });
  }

  #begin(pull: Pull): void {
    if (!this.#isOpen(pull)) return;
    this.#world.note(pull.from, `serves ${pull.member.name} ${pull.start} to ${pull.end}`);
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
    const { records } = pull;
    if (start === pull.start) {
      this.#world.deliver(member, { type: 'records', download: this.#world.download, records });
      if (!this.#isOpen(pull)) return;
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
    const { member, id } = pull;
    this.fluid.remove(pull, this.#world.clock.nowMs);
    this.#pulls.get(member.index)!.delete(id);
    const { download } = this.#world;
    const { life } = member;
    this.#over(pull);
    if (member.life !== life) return;
    this.#world.deliver(member, { type: 'pull-ended', download, pull: id, outcome });
  }

  /** Tells whoever was asked that it is over. A later process of it has never heard of the request. */
  #over(pull: Pull): void {
    const { request, from, fromLife, start, delivered } = pull;
    if (request === undefined) return;
    pull.request = undefined;
    this.#requests.delete(request);
    if (from.life === fromLife)
      this.#world.deliver(from, { type: 'served', request, bytes: delivered - start });
  }

  #isOpen(pull: Pull): boolean {
    return this.#pulls.get(pull.member.index)?.get(pull.id) === pull;
  }
}
