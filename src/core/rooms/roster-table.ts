import type { MemberId } from '../ids.ts';
import type { RosterEntry } from '../messages.ts';

/** The place of a member that nobody has given one yet: behind all others. */
export const LAST_IN_LINE = 2 ** 31;
/** A room has at most this many members in its list, those who left included. */
export const MAX_MEMBERS = 256;

/** Everybody that a member has ever heard of, itself included, each with a place in line. At most `MAX_MEMBERS`. */
export class RosterTable {
  readonly #entries = new Map<MemberId, RosterEntry>();
  readonly #isMet: (id: MemberId) => boolean;

  /** `isMet`: it is this member itself, or there is a session with it. */
  constructor(isMet: (id: MemberId) => boolean) {
    this.#isMet = isMet;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: MemberId): RosterEntry | undefined {
    return this.#entries.get(id);
  }

  /** By seniority. */
  inOrder(): readonly RosterEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.seniority - b.seniority || (a.id < b.id ? -1 : 1));
  }

  /** Puts a member in the list, in the place of one that is gone or was never met if the list is full. */
  enter(entry: RosterEntry): void {
    if (!this.#entries.has(entry.id) && this.#entries.size >= MAX_MEMBERS) {
      const others = [...this.#entries.values()].filter(({ id }) => !this.#isMet(id));
      const loser = others.find(({ present }) => !present) ?? (this.#isMet(entry.id) ? others[0] : undefined);
      if (!loser) return;
      this.#entries.delete(loser.id);
    }
    this.#entries.set(entry.id, entry);
  }

  /** What is known of a member that is in the list has changed. */
  replace(entry: RosterEntry): void {
    this.#entries.set(entry.id, entry);
  }

  /** Its place in line: the one it has, or the next that is free. */
  placeOf(known: RosterEntry | undefined): number {
    return known && known.seniority < LAST_IN_LINE ? known.seniority : this.nextSeniority();
  }

  nextSeniority(): number {
    let highest = 0;
    for (const { seniority } of this.#entries.values()) {
      if (seniority < LAST_IN_LINE) highest = Math.max(highest, seniority);
    }
    return Math.min(highest + 1, LAST_IN_LINE);
  }
}
