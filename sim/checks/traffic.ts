import type { Command, Event } from '../../src/core/contract.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';

/** So many ticks in a row at the same moment are a core that asks to be woken for nothing. */
const MOST_TICKS_AT_ONCE = 30;
/** So many further addresses a member takes from another at once, and one more each ten seconds: see `SourceList`. */
const MOST_ADDRESSES = 64;
const ADDRESS_SECONDS = 10;

/** Counts what members say and how often they are woken: a room that talks itself to death is found out. */
export class Traffic {
  readonly #world: Transports;
  #lastTick: { member: SimMember; atMs: number; count: number } | undefined;
  /** Messages sent that tell of addresses. They are bounded by themselves: each new one is told to everybody. */
  #addresses = 0;
  /** All other messages sent. */
  #messages = 0;
  /** Events that cores were handed, messages aside: those may have piled up while a member stood still. */
  #events = 0;
  #watchedActions = 0;
  #watchedBytes = 0;

  constructor(world: Transports) {
    this.#world = world;
  }

  event(member: SimMember, event: Event): void {
    if (event.type !== 'message') this.#events++;
    const last = this.#lastTick;
    const { nowMs: atMs } = this.#world.clock;
    if (event.type !== 'tick') {
      if (last?.member === member) this.#lastTick = undefined;
    } else if (last?.member === member && last.atMs === atMs) {
      if (++last.count > MOST_TICKS_AT_ONCE)
        this.#world.fail(`${member.name} asks to be woken again and again at one moment`);
    } else {
      this.#lastTick = { member, atMs, count: 1 };
    }
  }

  command(command: Command): void {
    if (command.type !== 'send') return;
    if (command.message.type === 'sources') this.#addresses++;
    else this.#messages++;
  }

  /** Called four times a virtual second. */
  watch(): void {
    const { members, stepBytes } = this.#world;
    const count = members.length;
    const bytes = members.reduce((sum, member) => sum + member.originBytes + member.lanBytes, 0);
    const steps = (bytes - this.#watchedBytes) / stepBytes;
    const actions = this.#events + this.#messages;
    const now = actions - this.#watchedActions;
    if (now > 500 + 60 * count * count + 4 * count * steps)
      this.#world.fail(
        `a storm: ${now} events and messages in 250 ms, with ${Math.round(steps)} steps of bytes`,
      );
    this.#watchedActions = actions;
    this.#watchedBytes = bytes;
  }

  end(): void {
    const { members, clock, geometry } = this.#world;
    const seconds = clock.nowMs / 1000;
    const pairs = Math.max(1, members.length * (members.length - 1));
    const most = pairs * (3 * geometry.pieceCount! + 12 * seconds + 100);
    if (this.#messages > most)
      this.#world.fail(`${this.#messages} messages where ${Math.round(most)} are enough`);
    const mostAddresses = pairs * members.length * (MOST_ADDRESSES + seconds / ADDRESS_SECONDS);
    if (this.#addresses > mostAddresses)
      this.#world.fail(
        `${this.#addresses} messages about addresses where ${Math.round(mostAddresses)} may be`,
      );
  }
}
