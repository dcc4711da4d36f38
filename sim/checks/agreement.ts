import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';

/** Sessions have to be this old before both ends must be of one mind. */
const SETTLE_MS = 15_000;

/**
 * In the end members that are connected with each other take the same one for the coordinator. A room that has just been
 * parted or has just lost a member is given time to settle, counted from the moment at which there was nothing else to do.
 */
export class Agreement {
  readonly #world: Transports;
  #sinceMs: number | undefined;

  constructor(world: Transports) {
    this.#world = world;
  }

  /** Called again and again while all else is done: true when they agree. Fails the world when they never do. */
  isReached(): boolean {
    const { clock } = this.#world;
    this.#sinceMs ??= clock.nowMs;
    const quarrel = this.#quarrel();
    if (quarrel === undefined) return true;
    if (clock.nowMs - this.#sinceMs > SETTLE_MS) this.#world.fail(quarrel);
    return false;
  }

  /** There is something to do again. */
  interrupt(): void {
    this.#sinceMs = undefined;
  }

  #quarrel(): string | undefined {
    const { members, sessions } = this.#world;
    const present = members.filter((member) => member.core && !member.isExempt && !member.stalled);
    // Who shuns somebody that a third one still believes cannot be of one mind with both.
    if (present.some((member) => member.banned.size > 0)) return undefined;
    // Two that can only dial out never meet: each may follow, or be, somebody that the other has not heard of.
    const hidden = present.filter((member) => member.spec.firewalled);
    if (hidden.length > 1) return undefined;
    for (const a of present) {
      for (const b of present) {
        if (a.index >= b.index || !sessions.knows(a, b) || !sessions.knows(b, a)) continue;
        const [ofA, ofB] = [this.#coordinatorOf(a), this.#coordinatorOf(b)];
        if (ofA === ofB) continue;
        return `${a.name} takes ${ofA} for the coordinator and ${b.name} takes ${ofB}`;
      }
    }
    return undefined;
  }

  #coordinatorOf(member: SimMember): string {
    const id = member.core?.view(this.#world.clock.nowMs).room?.coordinator;
    return id === undefined ? 'nobody' : (this.#world.memberOf(id)?.name ?? id);
  }
}
