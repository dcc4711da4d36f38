import type { Command, Event } from '../../src/core/contract.ts';
import { STALL_MS } from '../network/origin-stream.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';
import { faultsEndMs } from '../scenario/faults.ts';
import type { MemberSpec, Scenario } from '../scenario/scenario.ts';
import { checkCommand } from './command-checks.ts';
import { OriginAnswers } from './origin-answers.ts';
import { OriginLedger } from './origin-ledger.ts';

/** After the last fault, this long and three times what the slowest link needs for the whole file. */
const PATIENCE_MS = 30_000;
/** So many ticks in a row at the same moment are a core that asks to be woken for nothing. */
const MOST_TICKS_AT_ONCE = 30;

/** Watches a world while it runs. Each check throws a `SimFailure`. */
export class Checks {
  readonly ledger: OriginLedger;
  readonly answers: OriginAnswers;
  /** Messages sent, by type. */
  readonly messages = new Map<string, number>();
  readonly #world: Transports;
  readonly #limitMs: number;
  readonly #returnsMs = new Map<SimMember, number>();
  #over = false;
  #lastTick: { member: SimMember; atMs: number; count: number } | undefined;
  /** Events handed to cores so far. */
  #events = 0;
  #watchedEvents = 0;
  #watchedBytes = 0;

  constructor(world: Transports) {
    this.#world = world;
    this.answers = new OriginAnswers(world);
    this.ledger = new OriginLedger(world);
    const { file, origin, members, faults } = world.scenario;
    const rates = members.flatMap((member) => [
      member.canFetch ? member.wanRate : Number.POSITIVE_INFINITY,
      member.upRate / members.length,
    ]);
    const slowest = Math.min(
      origin.rate / members.length,
      origin.connectionRate ?? Number.POSITIVE_INFINITY,
      ...rates,
      leastCrawl(world.scenario),
    );
    const standing = (faults.connectionCrawl ?? []).filter(({ factor }) => factor === 0).length;
    this.#limitMs =
      faultsEndMs(faults) + PATIENCE_MS + standing * STALL_MS + (3000 * file.sizeBytes) / slowest;
  }

  /** Called before each event is handed over. */
  event(member: SimMember, event: Event): void {
    this.#events++;
    if (event.type === 'network-changed' || event.type === 'add-sources') {
      this.answers.revived(member);
      member.canFetch = member.probed;
    }
    const last = this.#lastTick;
    const atMs = this.#world.clock.nowMs;
    if (event.type !== 'tick') {
      if (last?.member === member) this.#lastTick = undefined;
      if (event.type === 'probe-done' && event.canFetch) this.answers.refused.delete(member);
    } else if (last?.member === member && last.atMs === atMs) {
      if (++last.count > MOST_TICKS_AT_ONCE)
        this.#world.fail(`${member.name} asks to be woken again and again at one moment`);
    } else {
      this.#lastTick = { member, atMs, count: 1 };
    }
  }

  /** Called before each command is carried out. */
  command(member: SimMember, command: Command): void {
    if (command.type === 'send') {
      this.messages.set(command.message.type, (this.messages.get(command.message.type) ?? 0) + 1);
    }
    checkCommand(this.#world, this.answers, member, command);
  }

  died(member: SimMember): void {
    this.answers.forget(member);
    this.ledger.rebuild();
  }

  /** `member` will come back at `atMs`. */
  returnsMs(member: SimMember, atMs: number): void {
    this.#returnsMs.set(member, atMs);
  }

  /** The core of `member` has given up. */
  hopeless(member: SimMember, message: string): void {
    this.answers.failed.add(member);
    const { changed, validLink } = this.#world.origin;
    if (!changed && validLink <= member.link && !this.#isExempt(member))
      this.#world.fail(`${member.name} gave up: ${message}`);
  }

  /** Called when a core says that its file is whole, before it is told that it is. */
  finished(member: SimMember): void {
    const { geometry } = this.#world;
    for (let piece = 0; piece < geometry.pieceCount!; piece++) {
      if (!member.disk.records.has(piece)) this.#world.fail(`${member.name} finished without piece ${piece}`);
      if (!member.disk.isRight(piece))
        this.#world.fail(`${member.name} finished with wrong bytes in piece ${piece}`);
    }
  }

  /** Called several times a virtual second. */
  watch(): void {
    const { clock, members } = this.#world;
    const events = this.#events;
    this.#over = this.#unfinished().length === 0 || this.#nothingMoreToGet();
    const count = members.length;
    const bytes = members.reduce((sum, member) => sum + member.originBytes + member.lanBytes, 0);
    const steps = (bytes - this.#watchedBytes) / this.#world.stepBytes;
    const mostEvents = 500 + 60 * count * count + 4 * count * steps;
    if (events - this.#watchedEvents > mostEvents) {
      this.#world.fail(
        `a storm: ${events - this.#watchedEvents} events in 250 ms, with ${Math.round(steps)} steps of bytes`,
      );
    }
    this.#watchedEvents = events;
    this.#watchedBytes = bytes;
    for (const member of members) this.#checkView(member);
    if (clock.nowMs > this.#limitMs && !this.#over)
      this.#world.fail(`not finished in time: ${this.#describeUnfinished()}`);
  }

  isOver(): boolean {
    return this.#over;
  }

  /** The last word: what is known only when all is done. */
  end(): void {
    const { members, clock, geometry } = this.#world;
    const pairs = Math.max(1, members.length * (members.length - 1));
    const sent = [...this.messages.values()].reduce((sum, count) => sum + count, 0);
    const most = pairs * (3 * geometry.pieceCount! + 12 * (clock.nowMs / 1000) + 100);
    if (sent > most) this.#world.fail(`${sent} messages where ${Math.round(most)} are enough`);
    this.ledger.check((message) => this.#world.fail(message));
    for (const member of members) {
      if (member.finished && member.core && !this.#isExempt(member)) {
        const phase = member.core.view(clock.nowMs).downloads[0]?.phase;
        if (phase !== 'done') this.#world.fail(`${member.name} has finished and shows the phase ${phase}`);
      }
    }
  }

  /** It lies, or is out of reach for good: nothing is asked of it. */
  #isExempt(member: SimMember): boolean {
    return member.lost || member.corruptShare > 0;
  }

  #unfinished(): readonly SimMember[] {
    // Whoever knew of the download is gone, and took it along: the room has nothing to do any more.
    const started = this.#world.members.some((member) => member.life > 0 && member.index === 0);
    const known = this.#world.members.some(
      (member) => member.core && member.consented && !this.#isExempt(member),
    );
    if (started && !known && this.#world.clock.nowMs > faultsEndMs(this.#world.scenario.faults)) return [];
    return this.#world.members.filter((member) => {
      if (member.finished || this.#isExempt(member)) return false;
      const comesBack = (this.#returnsMs.get(member) ?? -1) >= this.#world.clock.nowMs;
      return member.life === 0 || member.core !== undefined || comesBack;
    });
  }

  /** The origin has another file, and everyone has given up or has what anyone has. */
  #nothingMoreToGet(): boolean {
    const { origin, members, clock, scenario } = this.#world;
    if (!origin.changed || clock.nowMs < faultsEndMs(scenario.faults)) return false;
    const alive = members.filter((member) => member.core && !this.#isExempt(member));
    if (members.some((member) => !member.core && (this.#returnsMs.get(member) ?? -1) >= clock.nowMs))
      return false;
    if (alive.some((member) => origin.openStreams(member) > 0)) return false;
    const known = new Set(alive.flatMap((member) => [...member.disk.records.keys()]));
    return alive.every(
      (member) => this.answers.failed.has(member) || member.disk.records.size === known.size,
    );
  }

  #checkView(member: SimMember): void {
    const view = member.core?.view(this.#world.clock.nowMs);
    const download = view?.downloads.find((each) => each.id === this.#world.download);
    if (download === undefined || !member.added) return;
    let heldBytes = 0;
    for (const piece of member.disk.records.keys()) heldBytes += this.#world.geometry.bytesOf(piece);
    if (download.heldBytes !== heldBytes) {
      this.#world.fail(
        `${member.name} shows ${download.heldBytes} bytes held where the disk has ${heldBytes}`,
      );
    }
  }

  #describeUnfinished(): string {
    const { geometry, clock, origin, pulls } = this.#world;
    return this.#unfinished()
      .map((member) => {
        const view = member.core?.view(clock.nowMs);
        const phase = view === undefined ? 'no process' : (view.downloads[0]?.phase ?? 'never heard of it');
        const held = `${member.disk.records.size} of ${geometry.pieceCount} pieces`;
        return `${member.name} (${phase}, ${held}, ${origin.openStreams(member)} streams, ${pulls.count(member)} pulls)`;
      })
      .join(', ');
  }
}

/**
 * What the only connection of a member brings at worst for as long as it likes, in bytes per second. Where each has to
 * begin at the first byte, one that crawls from there is what this origin gives: to try another one would throw away what
 * has come. Whoever is alone knows better by the time at which the origin as a whole begins to crawl.
 */
function leastCrawl({ file, origin, members, faults }: Scenario): number {
  if (file.ranges) return Number.POSITIVE_INFINITY;
  const crawlOf = ({ wanRate, maxConnections }: MemberSpec, factor: number): number =>
    Math.min(wanRate / maxConnections, origin.connectionRate ?? Number.POSITIVE_INFINITY) * factor;
  const ofOne = (faults.connectionCrawl ?? [])
    .filter(({ factor }) => factor > 0)
    .map(({ member, factor }) => crawlOf(members[member]!, factor));
  const ofAll = (members.length === 1 ? [] : (faults.originCrawl ?? [])).flatMap(({ factor }) =>
    members.filter(({ canFetch }) => canFetch).map((member) => crawlOf(member, factor)),
  );
  return Math.min(...ofOne, ...ofAll);
}
