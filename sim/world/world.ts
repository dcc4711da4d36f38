import type { Command, Event, FailureReason } from '../../src/core/contract.ts';
import { Geometry } from '../../src/core/geometry.ts';
import type { DownloadId } from '../../src/core/ids.ts';
import type { Offer } from '../../src/core/messages.ts';
import { Checks } from '../checks/checks.ts';
import { SimFailure } from '../checks/failure.ts';
import { scheduleFaults } from '../faults/fault-schedule.ts';
import { linkUrl } from '../faults/origin-faults.ts';
import type { Stage } from '../faults/stage.ts';
import { Clock } from '../network/clock.ts';
import type { MakeCore } from '../network/core-like.ts';
import { Disk } from '../network/disk.ts';
import { Origin } from '../network/origin.ts';
import { Pulls } from '../network/pulls.ts';
import { Sessions } from '../network/sessions.ts';
import { SimMember } from '../network/sim-member.ts';
import { Prng } from '../scenario/prng.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type CommandStage, carryOut } from './commands.ts';
import { describeCommand, describeEvent } from './trace.ts';

/** A joiner without any session tries the addresses that it was given again after this. */
const INVITE_RETRY_MS = 1000;
/** How often the end conditions are looked at. */
const WATCH_MS = 250;
const NO_ANSWER: FailureReason = { code: 'unreachable', message: 'the origin does not answer' };

/**
 * Many members in virtual time. Everything that happens follows from the scenario and its seed; nothing reads a clock.
 * `run` throws a `SimFailure` when a check fails.
 */
export class World implements Stage, CommandStage {
  readonly scenario: Scenario;
  readonly clock = new Clock();
  readonly prng: Prng;
  readonly members: readonly SimMember[];
  readonly download: DownloadId;
  readonly geometry: Geometry;
  readonly stepBytes: number;
  readonly sessions: Sessions;
  readonly origin: Origin;
  readonly pulls: Pulls;
  readonly checks: Checks;
  groups: readonly number[] | undefined;

  readonly #makeCore: MakeCore;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #roomId: string;

  constructor(scenario: Scenario, makeCore: MakeCore, trace?: (line: string) => void) {
    this.scenario = scenario;
    this.prng = new Prng(scenario.seed, 1);
    this.#makeCore = makeCore;
    this.#trace = trace;
    this.download = this.prng.hex(32);
    this.#roomId = this.prng.hex(16);
    this.geometry = new Geometry(scenario.file.sizeBytes, scenario.file.pieceBytes);
    this.stepBytes = Math.max(64 * 1024, scenario.file.pieceBytes / 4);
    this.members = scenario.members.map((spec, index) => {
      return new SimMember(index, this.prng.hex(64), spec, new Disk(this.download, this.geometry));
    });
    this.sessions = new Sessions(this, (member, other) => this.pulls.breakBetween(member, other));
    this.origin = new Origin(this, {
      fetched: (member, start, end) => this.checks.ledger.note(member, start, end),
      ended: (...answer) => this.checks.answers.ended(...answer),
    });
    this.pulls = new Pulls(this, this.sessions);
    this.checks = new Checks(this);
    scheduleFaults(this);
  }

  memberOf(id: string): SimMember | undefined {
    return this.members.find((member) => member.id === id);
  }

  /** Whether the room is parted between the two. */
  cut(a: SimMember, b: SimMember): boolean {
    return this.groups !== undefined && this.groups[a.index] !== this.groups[b.index];
  }

  passing(a: SimMember, b: SimMember): boolean {
    return !a.stalled && !b.stalled && !this.cut(a, b);
  }

  /** Starts the process of a member: the first of the scenario opens the room, the others join it. */
  start(member: SimMember): void {
    if (member.core !== undefined || member.lost) return;
    const opens = member.index === 0 && (member.life === 0 || this.members.length === 1);
    member.life++;
    member.added = false;
    member.consented = false;
    member.canFetch = false;
    member.probed = false;
    member.link = 0;
    member.tickMs = Number.POSITIVE_INFINITY;
    member.hashing.clear();
    member.finishing = false;
    member.diskFailed = false;
    member.readsWhole = false;
    member.banned.clear();
    member.core = this.#makeCore({
      me: member.id,
      name: member.name,
      certificate: member.certificate,
      addresses: member.addresses,
      room:
        this.members.length === 1
          ? undefined
          : { id: this.#roomId, invite: `dragon://join/v1/${this.#roomId}` },
      seniority: opens ? 1 : undefined,
      random: new Prng(this.scenario.seed, 100 + 64 * member.life + member.index).random,
    });
    this.note(member, 'starts');
    this.checks.ledger.rebuild();
    this.origin.refresh();
    this.pulls.refresh();
    if (opens) this.add(member, this.#offer());
    else this.#dialInvite(member, member.life);
    this.deliver(member, { type: 'tick' });
  }

  /** The process of a member is gone. `silent`: the others notice by timeout only. */
  stop(member: SimMember, silent: boolean, wiped: boolean): void {
    if (member.core === undefined) return;
    this.note(member, silent ? 'vanishes' : 'ends');
    member.core = undefined;
    member.life++;
    this.origin.died(member);
    this.pulls.died(member);
    this.sessions.died(member, silent);
    member.disk.crash(wiped);
    if (wiped) member.finished = false;
    this.checks.died(member);
  }

  /** The user of `member` takes part in the download, after looking at the origin. */
  add(member: SimMember, offer: Offer): void {
    if (member.consented) return;
    member.consented = true;
    const { life, spec } = member;
    this.clock.after(3 * spec.originRttMs, () => {
      if (member.life !== life) return;
      const held = [...member.disk.records.values()];
      member.added = true;
      const { maxConnections, firstConnections, linkPatienceMs } = spec;
      this.deliver(member, {
        type: 'add-download',
        offer,
        held,
        maxConnections,
        firstConnections,
        linkPatienceMs,
      });
      if (member.givenLink > 0) this.giveLink(member);
      this.clock.after(this.prng.pick([0, spec.originRttMs]), () => {
        if (member.life !== life) return;
        member.probed = true;
        member.canFetch =
          spec.canFetch && !member.refused && !this.origin.changed && member.link >= this.origin.validLink;
        const { canFetch } = member;
        const reason = canFetch ? undefined : NO_ANSWER;
        this.deliver(member, { type: 'probe-done', download: this.download, canFetch, reason });
      });
    });
  }

  /** The user of a member tells it of the freshest link that it has. */
  giveLink(member: SimMember): void {
    member.link = member.givenLink;
    const urls = [linkUrl(member.givenLink)];
    this.deliver(member, { type: 'add-sources', download: this.download, urls });
  }

  deliver(member: SimMember, event: Event): void {
    const { core } = member;
    if (core === undefined) return;
    if (this.#trace !== undefined && event.type !== 'tick')
      this.note(member, `<- ${describeEvent(this, event)}`);
    this.checks.event(member, event);
    core.handle(event, this.clock.nowMs);
    const commands: readonly Command[] = core.drain();
    for (const command of commands) {
      if (this.#trace !== undefined) this.note(member, `-> ${describeCommand(this, command)}`);
      carryOut(this, member, command);
    }
    this.#armTick(member);
  }

  fail(message: string): never {
    throw new SimFailure(message, this.clock.nowMs);
  }

  getStuck(message: string): never {
    throw new SimFailure(message, this.clock.nowMs, { isStuck: true });
  }

  note(member: SimMember | undefined, text: string): void {
    this.#trace?.(`${this.clock.nowMs.toFixed(3).padStart(11)} ${member?.name ?? '--'} ${text}`);
  }

  /** Runs until everyone who can finish has. */
  run(): void {
    for (const member of this.members) {
      const late = this.scenario.faults.join?.find((join) => join.member === member.index);
      this.clock.at(late?.atMs ?? member.spec.joinMs, () => this.start(member));
    }
    const watch = (): void => {
      this.checks.watch();
      if (!this.checks.isOver()) this.clock.after(WATCH_MS, watch);
    };
    this.clock.at(WATCH_MS, watch);
    while (!this.checks.isOver()) {
      const nextMs = Math.min(this.clock.nextMs, this.origin.fluid.nextMs(), this.pulls.fluid.nextMs());
      if (nextMs === Number.POSITIVE_INFINITY)
        throw new SimFailure('nothing is left to happen', this.clock.nowMs);
      if (this.clock.nextMs <= nextMs) {
        this.clock.step();
        continue;
      }
      this.clock.advance(nextMs);
      for (const flow of this.origin.fluid.nextMs() <= nextMs ? this.origin.fluid.reached(nextMs) : [])
        this.origin.reached(flow);
      for (const flow of this.pulls.fluid.nextMs() <= nextMs ? this.pulls.fluid.reached(nextMs) : [])
        this.pulls.reached(flow);
    }
    this.checks.end();
  }

  #armTick(member: SimMember): void {
    const { core } = member;
    const deadlineMs = core?.deadline();
    if (
      core === undefined ||
      deadlineMs === undefined ||
      Math.max(deadlineMs, this.clock.nowMs) >= member.tickMs
    )
      return;
    const tickMs = Math.max(deadlineMs, this.clock.nowMs);
    member.tickMs = tickMs;
    this.clock.at(tickMs, () => {
      if (member.core !== core || member.tickMs !== tickMs) return;
      member.tickMs = Number.POSITIVE_INFINITY;
      const dueMs = core.deadline();
      if (dueMs !== undefined && dueMs <= this.clock.nowMs) this.deliver(member, { type: 'tick' });
      else this.#armTick(member);
    });
  }

  /** A joiner knows addresses of the room: it tries them in turn while it has no session at all. */
  #dialInvite(member: SimMember, life: number): void {
    if (member.life !== life) return;
    if (this.sessions.count(member) === 0) {
      const hosts = this.members.filter(
        (other) => other !== member && other.core && other.consented && this.passing(member, other),
      );
      const host = hosts.find((other) => !other.spec.firewalled && !member.banned.has(other));
      if (host !== undefined) this.sessions.dial(member, host);
    }
    this.clock.after(INVITE_RETRY_MS, () => this.#dialInvite(member, life));
  }

  #offer(): Offer {
    const { sizeBytes, pieceBytes, ranges, lengthKnown } = this.scenario.file;
    return {
      type: 'offer',
      download: this.download,
      url: 'http://origin.example/file.bin',
      fileName: 'file.bin',
      pieceBytes,
      ranges,
      identity: { sizeBytes: lengthKnown ? sizeBytes : undefined, etag: '"v1"', lastModified: undefined },
      checksum: undefined,
      order: 0,
    };
  }
}
