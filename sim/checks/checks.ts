import type { Command, Event } from '../../src/core/contract.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';
import { faultsEndMs } from '../scenario/faults.ts';
import { Agreement } from './agreement.ts';
import { checkCommand } from './command-checks.ts';
import { Notices } from './notices.ts';
import { OriginAnswers } from './origin-answers.ts';
import { OriginLedger } from './origin-ledger.ts';
import { timeLimitMs } from './time-limit.ts';
import { Traffic } from './traffic.ts';

/** Watches a world while it runs. Each check throws a `SimFailure`. */
export class Checks {
  readonly ledger: OriginLedger;
  readonly answers: OriginAnswers;
  readonly #traffic: Traffic;
  readonly #notices: Notices;
  readonly #agreement: Agreement;
  readonly #world: Transports;
  readonly #limitMs: number;
  readonly #returnsMs = new Map<SimMember, number>();
  #over = false;

  constructor(world: Transports) {
    this.#world = world;
    this.answers = new OriginAnswers(world);
    this.ledger = new OriginLedger(world);
    this.#traffic = new Traffic(world);
    this.#notices = new Notices(world);
    this.#agreement = new Agreement(world);
    this.#limitMs = timeLimitMs(world.scenario);
  }

  /** Called before each event is handed over. */
  event(member: SimMember, event: Event): void {
    this.#traffic.event(member, event);
    if (event.type === 'network-changed' || event.type === 'add-sources') {
      this.answers.revived(member);
      member.canFetch = member.probed;
    }
    if (event.type === 'probe-done' && event.canFetch) this.answers.refused.delete(member);
  }

  /** Called before each command is carried out. */
  command(member: SimMember, command: Command): void {
    this.#traffic.command(command);
    this.#notices.command(member, command, this.#world.origin.validLink > 0);
    checkCommand(this.#world, this.answers, member, command);
  }

  died(member: SimMember): void {
    this.answers.forget(member);
    this.#notices.died(member);
    this.ledger.rebuild();
  }

  /** `member` will come back at `atMs`. */
  returnsMs(member: SimMember, atMs: number): void {
    this.#returnsMs.set(member, atMs);
  }

  /** The core of `member` has given up. */
  gaveUp(member: SimMember, message: string): void {
    this.answers.failed.add(member);
    const { changed, validLink } = this.#world.origin;
    if (!changed && validLink <= member.link && !member.isExempt && !member.refused)
      this.#world.getStuck(`${member.name} gave up: ${message}`);
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
    const isDone = this.#unfinished().length === 0 || this.#nothingMoreToGet();
    if (!isDone) this.#agreement.interrupt();
    this.#over = isDone && this.#agreement.isReached();
    this.#traffic.watch();
    for (const member of members) this.#checkView(member);
    if (clock.nowMs > this.#limitMs && !isDone)
      this.#world.getStuck(`not finished in time: ${this.#describeUnfinished()}`);
  }

  isOver(): boolean {
    return this.#over;
  }

  /** The last word: what is known only when all is done. */
  end(): void {
    const { members, clock } = this.#world;
    this.#traffic.end();
    for (const member of members) {
      if (member.finished && member.core && !member.isExempt) {
        const phase = member.core.view(clock.nowMs).downloads[0]?.phase;
        if (phase !== 'done') this.#world.fail(`${member.name} has finished and shows the phase ${phase}`);
      }
    }
  }

  #unfinished(): readonly SimMember[] {
    // Whoever knew of the download is gone, and took it along: the room has nothing to do any more.
    const started = this.#world.members.some((member) => member.life > 0 && member.index === 0);
    const known = this.#world.members.some((member) => member.core && member.consented && !member.isExempt);
    if (started && !known && this.#world.clock.nowMs > faultsEndMs(this.#world.scenario.faults)) return [];
    return this.#world.members.filter((member) => {
      if (member.finished || member.isExempt) return false;
      if (member.refused && this.answers.failed.has(member)) return false;
      const comesBack = (this.#returnsMs.get(member) ?? -1) >= this.#world.clock.nowMs;
      return member.life === 0 || member.core !== undefined || comesBack;
    });
  }

  /** The origin has another file, and everyone has given up or has what anyone has. */
  #nothingMoreToGet(): boolean {
    const { origin, members, clock, scenario } = this.#world;
    if (!origin.changed || clock.nowMs < faultsEndMs(scenario.faults)) return false;
    const alive = members.filter((member) => member.core && !member.isExempt);
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
