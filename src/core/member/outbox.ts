import type { Command } from '../contract.ts';
import type { MemberId } from '../ids.ts';
import type { Message } from '../messages.ts';

/** What a core asks of the world, in order, until the world takes it. */
export class Outbox {
  #commands: Command[] = [];
  readonly #dropped = new Set<MemberId>();

  push(...commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.type === 'drop') {
        // One reason is enough, and what is on its way from it may give more of them.
        if (this.#dropped.has(command.peer)) continue;
        this.#dropped.add(command.peer);
      }
      this.#commands.push(command);
    }
  }

  /** Whether a member was to be dropped: it is not wanted back. */
  hasDropped(peer: MemberId): boolean {
    return this.#dropped.has(peer);
  }

  /** Whether any member was. What it said about who else is there may have been as wrong as the rest. */
  get hasDroppedAny(): boolean {
    return this.#dropped.size > 0;
  }

  send(to: MemberId, message: Message): void {
    this.#commands.push({ type: 'send', to, message });
  }

  drain(): readonly Command[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }
}
