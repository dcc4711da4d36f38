import type { MemberId } from '../ids.ts';
import type { Coordinate, Message, Roster, RosterEntry } from '../messages.ts';
import { LAST_IN_LINE, MAX_MEMBERS, RosterTable } from './roster-table.ts';

export { MAX_MEMBERS } from './roster-table.ts';

/** A dial that failed is tried again after this long, doubling up to the maximum. */
const REDIAL_MS = 2_000;
const REDIAL_MAX_MS = 15_000;
/** A member that was lost is dialled for this long, whoever takes it for gone: after a partition somebody has to. */
const REDIAL_LOST_MS = 600_000;
/** Without a coordinator, the n-th member in line claims the room after n times this long. */
const CLAIM_STEP_MS = 1_500;
/** A member that nobody has given a place claims the room after this long, and counts as the last in line. */
const STRANGER_WAIT_MS = 12_000;
/** No room gets here by itself. Lease ids are made of the epoch, and a safe integer has to have room for them. */
const MAX_EPOCH = 2 ** 31;
export type RoomCommand =
  | { readonly type: 'send'; readonly to: MemberId; readonly message: Message }
  | { readonly type: 'dial'; readonly peer: MemberId; readonly addresses: readonly string[] }
  | { readonly type: 'coordinator-changed' };

export interface RoomOptions {
  readonly me: Omit<RosterEntry, 'seniority' | 'present'>;
  /** 1 for the founder, a given place in a static list, undefined for a joiner. */
  readonly seniority: number | undefined;
}

interface Redial {
  atMs: number;
  waitMs: number;
  /** Until then it is dialled even if it is said to be gone. */
  readonly untilMs: number;
  /** It was here, and was lost. */
  readonly wasMet: boolean;
}

/**
 * Who is in the room and who coordinates it.
 *
 * Invariants: (epoch, coordinator) only ever moves to a claim that beats it: a higher epoch, or the same epoch and a
 * lower (seniority, id). A member coordinates only while it believes that no better claim exists. Whoever finds the
 * coordinator gone claims the next epoch, the most senior at once and the others later in turn, so that a room with
 * one living member always has a coordinator, and two claims are settled by the rule above.
 */
export class Room {
  readonly #me: RoomOptions['me'];
  #seniority: number | undefined;
  #epoch = 0;
  #coordinator: { id: MemberId; seniority: number } | undefined;
  /** When this member claims the room unless somebody else has. */
  #claimAtMs: number | undefined;
  readonly #roster: RosterTable;
  readonly #sessions = new Set<MemberId>();
  readonly #redials = new Map<MemberId, Redial>();
  #commands: RoomCommand[] = [];

  constructor(options: RoomOptions) {
    this.#me = options.me;
    this.#roster = new RosterTable((id) => id === options.me.id || this.#sessions.has(id));
    this.#seniority = options.seniority;
    if (options.seniority !== undefined) this.#claim(1);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get coordinator(): MemberId | undefined {
    return this.#coordinator?.id;
  }

  get isCoordinator(): boolean {
    return this.#coordinator?.id === this.#me.id;
  }

  /** Members with an open session. */
  get sessions(): ReadonlySet<MemberId> {
    return this.#sessions;
  }

  /** Everybody ever heard of, this member included, by seniority. */
  get members(): readonly RosterEntry[] {
    return this.#roster.inOrder();
  }

  /** Whether members are looked for: lost ones that did not say goodbye, and present ones that have not been met yet. */
  looksForOthers(nowMs: number): boolean {
    for (const [peer, { untilMs, wasMet }] of this.#redials)
      if (nowMs < untilMs || (!wasMet && this.#roster.get(peer)?.present)) return true;
    return false;
  }

  member(id: MemberId): RosterEntry | undefined {
    return this.#roster.get(id);
  }

  drain(): readonly RoomCommand[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  deadline(): number | undefined {
    let earliest = this.#claimAtMs;
    for (const redial of this.#redials.values()) earliest = Math.min(earliest ?? redial.atMs, redial.atMs);
    return earliest;
  }

  peerUp(peer: Omit<RosterEntry, 'seniority' | 'present'>, nowMs: number): void {
    this.#sessions.add(peer.id);
    this.#redials.delete(peer.id);
    const known = this.#roster.get(peer.id);
    if (this.isCoordinator) {
      this.#roster.enter({ ...peer, seniority: this.#roster.placeOf(known), present: true });
      this.#send(peer.id, this.#claimMessage());
      this.#broadcastRoster();
    } else {
      this.#roster.enter({ ...peer, seniority: known?.seniority ?? LAST_IN_LINE, present: true });
      if (this.#roster.size > 1) this.#send(peer.id, this.#rosterMessage());
      // The newcomer may be out of the coordinator's reach, or be taken for gone: it is introduced.
      const { coordinator } = this;
      if (coordinator !== undefined && coordinator !== peer.id && this.#sessions.has(coordinator)) {
        this.#send(coordinator, this.#rosterMessage());
      }
      if (this.#coordinator === undefined) this.#watchForCoordinator(nowMs);
    }
  }

  /** The session ended: the peer left (`forGood`) or was lost. */
  peerDown(peer: MemberId, forGood: boolean, nowMs: number): void {
    if (!this.#sessions.delete(peer)) return;
    const known = this.#roster.get(peer);
    if (known && (forGood || this.isCoordinator)) this.#roster.replace({ ...known, present: false });
    if (this.isCoordinator) this.#broadcastRoster();
    if (known && !forGood) {
      this.#redials.set(peer, {
        atMs: nowMs + REDIAL_MS,
        waitMs: REDIAL_MS,
        untilMs: nowMs + REDIAL_LOST_MS,
        wasMet: true,
      });
    }
    if (this.coordinator === peer) this.#watchForCoordinator(nowMs);
  }

  /** The peer says that it leaves: it is no longer dialled nor waited for. */
  left(peer: MemberId): void {
    const known = this.#roster.get(peer);
    if (known) this.#roster.replace({ ...known, present: false });
    this.#redials.delete(peer);
  }

  /** Of two claims the better one holds: see the invariants. */
  onCoordinate(from: MemberId, claim: Coordinate): void {
    if (!(claim.epoch <= MAX_EPOCH)) return;
    if (!this.#beats(claim.epoch, claim.seniority, from)) {
      // It is back. Had it come back without its memory, it would not say so, and somebody else has to claim.
      if (from === this.coordinator && claim.epoch === this.#epoch) this.#claimAtMs = undefined;
      // Whoever makes a lower claim may not know of the better one.
      if (this.isCoordinator && from !== this.coordinator) this.#send(from, this.#claimMessage());
      return;
    }
    this.#follow(claim.epoch, { id: from, seniority: claim.seniority });
  }

  /** Returns false when the sender may not speak for the room. */
  onRoster(from: MemberId, roster: Roster, nowMs: number): boolean {
    const fromCoordinator = from === this.coordinator && roster.epoch === this.#epoch;
    for (const entry of roster.members.slice(0, MAX_MEMBERS)) {
      if (entry.id === this.#me.id) {
        if (fromCoordinator) this.#takePlace(entry.seniority);
        continue;
      }
      const known = this.#roster.get(entry.id);
      // Somebody else's list only introduces; the coordinator's says who is where in line and who is gone.
      if (!known) this.#roster.enter(entry);
      else if (!fromCoordinator && entry.present && !known.present)
        this.#roster.enter({ ...known, present: true });
      else if (fromCoordinator)
        this.#roster.enter({ ...entry, present: entry.present || this.#sessions.has(entry.id) });
      if (entry.present && !this.#sessions.has(entry.id) && !this.#redials.has(entry.id)) {
        // The newcomer dials at once, so the others give it a moment first.
        const newcomer = (this.#seniority ?? LAST_IN_LINE) > entry.seniority;
        const atMs = newcomer ? nowMs : nowMs + REDIAL_MS / 2;
        this.#redials.set(entry.id, { atMs, waitMs: REDIAL_MS, untilMs: nowMs, wasMet: false });
      }
    }
    this.tick(nowMs);
    return fromCoordinator;
  }

  /** Says again who coordinates and who is there. */
  repeat(): void {
    if (!this.isCoordinator) return;
    for (const peer of this.#sessions) this.#send(peer, this.#claimMessage());
    this.#broadcastRoster();
  }

  tick(nowMs: number): void {
    for (const [peer, redial] of this.#redials) {
      if (redial.atMs > nowMs) continue;
      const entry = this.#roster.get(peer);
      if (!entry || this.#sessions.has(peer) || (!entry.present && nowMs >= redial.untilMs)) {
        this.#redials.delete(peer);
        continue;
      }
      if (entry.addresses.length > 0) this.#commands.push({ type: 'dial', peer, addresses: entry.addresses });
      redial.waitMs = Math.min(redial.waitMs * 2, REDIAL_MAX_MS);
      redial.atMs = nowMs + redial.waitMs;
    }
    if (this.#claimAtMs !== undefined && nowMs >= this.#claimAtMs)
      this.#claim(Math.min(this.#epoch + 1, MAX_EPOCH));
  }

  #takePlace(seniority: number): void {
    this.#seniority = seniority;
    this.#roster.enter({ ...this.#me, seniority, present: true });
  }

  #beats(epoch: number, seniority: number, id: MemberId): boolean {
    if (epoch !== this.#epoch) return epoch > this.#epoch;
    if (!this.#coordinator) return true;
    if (seniority !== this.#coordinator.seniority) return seniority < this.#coordinator.seniority;
    return id < this.#coordinator.id;
  }

  #follow(epoch: number, coordinator: { id: MemberId; seniority: number }): void {
    this.#epoch = epoch;
    this.#coordinator = coordinator;
    this.#claimAtMs = undefined;
    // The claim goes out before anything that is said by right of it.
    if (this.isCoordinator) for (const peer of this.#sessions) this.#send(peer, this.#claimMessage());
    this.#commands.push({ type: 'coordinator-changed' });
  }

  #claim(epoch: number): void {
    this.#takePlace(this.#seniority ?? LAST_IN_LINE);
    for (const peer of this.#sessions) {
      const known = this.#roster.get(peer);
      if (known) this.#roster.replace({ ...known, seniority: this.#roster.placeOf(known) });
    }
    this.#follow(epoch, { id: this.#me.id, seniority: this.#seniority! });
    if (this.#sessions.size > 0) this.#broadcastRoster();
  }

  /** The coordinator is out of reach: claim now if first in line, else when those before have had their time. */
  #watchForCoordinator(nowMs: number): void {
    const mine = this.#seniority ?? LAST_IN_LINE;
    let before = 0;
    for (const peer of this.#sessions) {
      const seniority = this.#roster.get(peer)?.seniority ?? LAST_IN_LINE;
      if (seniority < mine || (seniority === mine && peer < this.#me.id)) before++;
    }
    // A joiner that was never told its place waits until the coordinator must have said again that there is one.
    const firstMs = this.#seniority === undefined ? STRANGER_WAIT_MS : 0;
    this.#claimAtMs = nowMs + firstMs + before * CLAIM_STEP_MS;
    this.tick(nowMs);
  }

  #claimMessage(): Message {
    return { type: 'coordinate', epoch: this.#epoch, seniority: this.#seniority! };
  }

  #rosterMessage(): Message {
    return { type: 'roster', epoch: this.#epoch, members: this.members };
  }

  #broadcastRoster(): void {
    for (const peer of this.#sessions) this.#send(peer, this.#rosterMessage());
  }

  #send(to: MemberId, message: Message): void {
    this.#commands.push({ type: 'send', to, message });
  }
}
