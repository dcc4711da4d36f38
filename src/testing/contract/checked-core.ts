import type { Command, Core, Event, SignatureFacts } from '../../core/contract.ts';
import type { View } from '../../core/view.ts';
import { ContractChecks } from './contract-checks.ts';

/** One step of a core: something it was told, or something it asked for. */
export type LogEntry = { readonly event: Event } | { readonly command: Command };

/** A core with the checks of the contract around it, for whatever world runs it. */
export class CheckedCore implements Core {
  readonly #core: Core;
  readonly #checks: ContractChecks;
  readonly #log: ((entry: LogEntry) => void) | undefined;

  /** `log`: hears of each step after it has passed the checks. */
  constructor(core: Core, checks = new ContractChecks(), log?: (entry: LogEntry) => void) {
    this.#core = core;
    this.#checks = checks;
    this.#log = log;
  }

  handle(event: Event, nowMs: number): void {
    this.#checks.event(event);
    this.#log?.({ event });
    this.#core.handle(event, nowMs);
  }

  drain(): readonly Command[] {
    const commands = this.#core.drain();
    for (const command of commands) {
      this.#checks.command(command);
      this.#log?.({ command });
    }
    return commands;
  }

  deadline(): number | undefined {
    return this.#core.deadline();
  }

  view(nowMs: number): View {
    return this.#core.view(nowMs);
  }

  get facts(): SignatureFacts {
    return this.#core.facts;
  }
}
