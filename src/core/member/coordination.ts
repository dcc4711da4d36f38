import type { MemberId } from '../ids.ts';
import type { Have, Message, Offer, Report } from '../messages.ts';
import { Coordinator } from '../rooms/coordinator.ts';
import type { Room } from '../rooms/room.ts';
import type { Outbox } from './outbox.ts';

export interface CoordinationOptions {
  readonly me: MemberId;
  readonly room: Room;
  readonly outbox: Outbox;
}

/**
 * A member's way to the coordinator, which may be this member itself: then the coordinator lives here, and what would
 * go to it or come from it over the wire takes a short cut.
 */
export class Coordination {
  readonly #options: CoordinationOptions;
  #coordinator: Coordinator | undefined;
  /** From this member to itself. */
  #loopback: Message[] = [];

  constructor(options: CoordinationOptions) {
    this.#options = options;
  }

  /** Whether this member coordinates. */
  get isMine(): boolean {
    return this.#coordinator !== undefined;
  }

  /** The room has another coordinator, or the same one a new epoch. A new one hears of the downloads from everybody. */
  changed(offers: Iterable<Offer>, nowMs: number): void {
    const { me, room, outbox } = this.#options;
    if (!room.isCoordinator) {
      this.#coordinator = undefined;
      for (const offer of offers) this.tell(offer);
      return;
    }
    this.#coordinator = new Coordinator(room.epoch, nowMs);
    this.#coordinator.memberUp(me, nowMs);
    for (const peer of room.sessions) this.#coordinator.memberUp(peer, nowMs);
    for (const offer of offers) {
      this.#coordinator.offer(offer, nowMs);
      for (const peer of room.sessions) outbox.send(peer, offer);
    }
  }

  /** To whoever coordinates. Nothing happens while nobody does, or it is out of reach. */
  tell(message: Message): void {
    const { me, room, outbox } = this.#options;
    const { coordinator } = room;
    if (coordinator === me) this.#loopback.push(message);
    else if (coordinator !== undefined && room.sessions.has(coordinator)) outbox.send(coordinator, message);
  }

  /** This member has told everybody else that it holds pieces. */
  announced(have: Have): void {
    if (this.#coordinator) this.#loopback.push(have);
  }

  offer(offer: Offer, nowMs: number): void {
    this.#coordinator?.offer(offer, nowMs);
  }

  memberUp(member: MemberId, nowMs: number): void {
    this.#coordinator?.memberUp(member, nowMs);
  }

  memberDown(member: MemberId, nowMs: number): void {
    this.#coordinator?.memberDown(member, nowMs);
  }

  have(from: MemberId, have: Have, nowMs: number): void {
    this.#coordinator?.have(from, have, nowMs);
  }

  report(from: MemberId, report: Report, nowMs: number): void {
    this.#coordinator?.report(from, report, nowMs);
  }

  tick(nowMs: number): void {
    this.#coordinator?.tick(nowMs);
  }

  deadline(): number | undefined {
    return this.#coordinator?.deadline();
  }

  /** Sends what the coordinator has decided, and lets it hear this member. Returns what it has to say to this member. */
  drain(nowMs: number): readonly Message[] {
    const { me, outbox } = this.#options;
    for (const { to, message } of this.#coordinator?.drain() ?? []) {
      if (to === me) this.#loopback.push(message);
      else outbox.send(to, message);
    }
    const loopback = this.#loopback;
    this.#loopback = [];
    for (const message of loopback) {
      if (message.type === 'report') this.report(me, message, nowMs);
      else if (message.type === 'have') this.have(me, message, nowMs);
    }
    return loopback;
  }
}
