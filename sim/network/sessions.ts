import type { Event } from '../../src/core/contract.ts';
import type { Message } from '../../src/core/messages.ts';
import type { Context } from './context.ts';
import type { SimMember } from './sim-member.ts';

/** One end of a session: what is on its way to that member. */
interface Side {
  readonly member: SimMember;
  readonly life: number;
  readonly inbound: { readonly event: Event; readonly dueMs: number }[];
  /** Its core knows of the session: from `peer-up` to `peer-down`. */
  told: boolean;
  gone: boolean;
}

interface Session {
  readonly sides: readonly [Side, Side];
  cut: boolean;
  /** Grows when the link is cut or healed: a timeout that ran for an earlier state is void. */
  changes: number;
}

/** A session on which nothing is heard for 5 to 6 s is given up, as in `src/lan/session.ts`. */
const SILENCE_MS = 5000;
const SILENCE_SPREAD_MS = 1000;
/** How long a message is held up, or how much later it comes once more, at most. */
const MESSED_UP_MS = 1500;
/** A closed connection is noticed by the other side after this beside the latency. */
const RESET_MS = 5;

/** Sessions between members: dialled, in order, with latency, and gone when a link is cut for long. */
export class Sessions {
  readonly #world: Context;
  readonly #breakPulls: (member: SimMember, other: SimMember) => void;
  readonly #sessions = new Map<number, Session>();
  readonly #dialling = new Set<number>();

  /** `breakPulls` breaks what a member pulls from another: the session between them has ended for it. */
  constructor(world: Context, breakPulls: (member: SimMember, other: SimMember) => void) {
    this.#world = world;
    this.#breakPulls = breakPulls;
  }

  /** Whether the core of `from` has been told of a session with `to` that has not ended for it. */
  knows(from: SimMember, to: SimMember): boolean {
    const session = this.#sessions.get(pairKey(from, to));
    return session?.sides.some((side) => side.member === from && side.told && !side.gone) ?? false;
  }

  /** How many sessions its core knows of. */
  count(member: SimMember): number {
    return this.#world.members.filter((other) => other !== member && this.knows(member, other)).length;
  }

  latencyMs(a: SimMember, b: SimMember): number {
    return a.spec.lanLatencyMs + b.spec.lanLatencyMs;
  }

  /** Opens a session after the handshakes, if the other answers. Nobody is told of a failure. */
  dial(from: SimMember, to: SimMember): void {
    const key = from.index * 64 + to.index;
    if (this.#dialling.has(key) || to.spec.firewalled) return;
    this.#dialling.add(key);
    const life = from.life;
    this.#world.clock.after(5 + 6 * this.latencyMs(from, to), () => {
      this.#dialling.delete(key);
      if (from.life !== life || !from.core || !to.core || !this.#world.passing(from, to)) return;
      if (from.banned.has(to) || to.banned.has(from)) return;
      const old = this.#sessions.get(pairKey(from, to));
      if (old !== undefined) {
        if (old.sides.every((side) => !side.gone && side.life === side.member.life)) return;
        for (const side of old.sides) this.#end(old, side);
      }
      if (from.life === life && from.core && to.core) this.#open(from, to);
    });
  }

  send(from: SimMember, to: SimMember, message: Message): void {
    const session = this.#sessions.get(pairKey(from, to));
    const side = session?.sides.find((each) => each.member === to);
    if (session === undefined || side === undefined || side.gone) return;
    const event: Event = { type: 'message', from: from.id, message };
    const { lateMessages = 0, repeatMessages = 0 } = this.#world.scenario.faults;
    const { prng, clock } = this.#world;
    const lateMs = lateMessages > 0 && prng.chance(lateMessages) ? prng.between(0, MESSED_UP_MS) : 0;
    this.#enqueue(session, side, event, this.latencyMs(from, to) + lateMs);
    if (repeatMessages > 0 && prng.chance(repeatMessages))
      clock.after(prng.between(0, MESSED_UP_MS), () => this.#enqueue(session, side, event, 0));
  }

  /** `from` closes the session; both sides are told, the other after a while. */
  close(from: SimMember, to: SimMember): void {
    const session = this.#sessions.get(pairKey(from, to));
    const side = session?.sides.find((each) => each.member === from);
    if (session === undefined || side === undefined) return;
    this.#world.clock.after(0, () => this.#end(session, side));
  }

  /** The process of `member` is gone. `silent`: the others notice by timeout only. */
  died(member: SimMember, silent: boolean): void {
    for (const session of [...this.#sessions.values()]) {
      const own = session.sides.find((side) => side.member === member);
      if (own === undefined) continue;
      const other = session.sides.find((side) => side !== own)!;
      own.gone = true;
      own.inbound.length = 0;
      const noticeMs = silent ? this.#timeoutMs() : RESET_MS + this.latencyMs(member, other.member);
      this.#world.clock.after(noticeMs, () => this.#end(session, other));
    }
  }

  /** Links may have been cut or healed, members stalled or moving again: starts the timeouts of the cut ones, moves what waited on the others. */
  linksChanged(): void {
    for (const session of [...this.#sessions.values()]) {
      const [a, b] = session.sides;
      const cut = !this.#world.passing(a.member, b.member);
      if (cut !== session.cut) {
        session.cut = cut;
        session.changes++;
        const { changes } = session;
        for (const side of session.sides) {
          // Healed: a side that still believes in a session that the other has given up is told by a reset.
          if (!cut && a.gone === b.gone) continue;
          const noticeMs = cut ? this.#timeoutMs() : RESET_MS;
          this.#world.clock.after(noticeMs, () => {
            if (session.changes === changes) this.#end(session, side);
          });
        }
      }
      if (cut) continue;
      for (const side of session.sides) this.#world.clock.after(0, () => this.#pump(session, side));
    }
  }

  #open(from: SimMember, to: SimMember): void {
    const side = (member: SimMember): Side => ({
      member,
      life: member.life,
      inbound: [],
      told: false,
      gone: false,
    });
    const sides = [side(from), side(to)] as const;
    const session: Session = { sides, cut: false, changes: 0 };
    this.#sessions.set(pairKey(from, to), session);
    this.#enqueue(session, sides[0], peerUp(to), this.latencyMs(from, to));
    this.#enqueue(session, sides[1], peerUp(from), 0);
  }

  #enqueue(session: Session, side: Side, event: Event, delayMs: number): void {
    // What follows a message that is held up waits behind it.
    const dueMs = Math.max(this.#world.clock.nowMs + delayMs, side.inbound.at(-1)?.dueMs ?? 0);
    side.inbound.push({ event, dueMs });
    this.#world.clock.at(dueMs, () => this.#pump(session, side));
  }

  #pump(session: Session, side: Side): void {
    const [a, b] = session.sides;
    while (!side.gone && side.inbound.length > 0 && side.inbound[0]!.dueMs <= this.#world.clock.nowMs) {
      if (!this.#world.passing(a.member, b.member)) return;
      const { event } = side.inbound.shift()!;
      if (event.type === 'peer-up') side.told = true;
      this.#world.deliver(side.member, event);
    }
  }

  #end(session: Session, side: Side): void {
    if (side.gone) return;
    const other = session.sides.find((each) => each !== side)!;
    const wasTold = side.told;
    side.gone = true;
    side.inbound.length = 0;
    if (other.gone && this.#sessions.get(pairKey(side.member, other.member)) === session) {
      this.#sessions.delete(pairKey(side.member, other.member));
    }
    const pullsFirst = this.#world.prng.chance(0.5);
    const breakPulls = (): void => this.#breakPulls(side.member, other.member);
    if (pullsFirst) breakPulls();
    if (wasTold && side.life === side.member.life) {
      this.#world.deliver(side.member, { type: 'peer-down', peer: other.member.id });
    }
    if (!pullsFirst) breakPulls();
    if (!other.gone && this.#world.passing(side.member, other.member)) {
      this.#world.clock.after(RESET_MS + this.latencyMs(side.member, other.member), () =>
        this.#end(session, other),
      );
    }
  }

  #timeoutMs(): number {
    return SILENCE_MS + SILENCE_SPREAD_MS * this.#world.prng.random();
  }
}

function peerUp(member: SimMember): Event {
  const { id: peer, name, addresses, certificate } = member;
  return { type: 'peer-up', peer, name, addresses, certificate };
}

function pairKey(a: SimMember, b: SimMember): number {
  return Math.min(a.index, b.index) * 64 + Math.max(a.index, b.index);
}
