import type { Command } from '../../src/core/contract.ts';
import type { Context } from '../network/context.ts';
import type { SimMember } from '../network/sim-member.ts';

/** What the user of a member is told: who comes and goes, each once, and that a fresh link is needed only when it is. */
export class Notices {
  readonly #context: Context;
  readonly #seen = new Map<SimMember, Set<string>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** `hasExpired`: a link has expired in this world. */
  command(member: SimMember, command: Command, hasExpired: boolean): void {
    const seen = this.#seen.get(member) ?? new Set();
    this.#seen.set(member, seen);
    const wrong = (why: string): never => this.#context.fail(`${member.name}: ${command.type} ${why}`);
    switch (command.type) {
      case 'member-joined':
        if (seen.has(command.peer)) wrong('of a member that is there');
        seen.add(command.peer);
        return;
      case 'member-left':
        if (!seen.delete(command.peer)) wrong('of a member that is not there');
        return;
      case 'needs-link':
        if (!hasExpired) wrong('while the link is good');
        return;
    }
  }

  /** The process has ended: the next one tells of everybody anew. */
  died(member: SimMember): void {
    this.#seen.delete(member);
  }
}
