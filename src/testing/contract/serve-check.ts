import type { Command, Event } from '../../core/contract.ts';
import type { Break, ContractCheck } from './check.ts';

/** Each request of another member is answered once, and each that is served has one end. */
export class ServeCheck implements ContractCheck {
  readonly #break: Break;
  readonly #requests = new Map<number, 'asked' | 'served'>();

  constructor(onBreak: Break) {
    this.#break = onBreak;
  }

  event(event: Event): void {
    if (event.type === 'serve-request') {
      if (this.#requests.has(event.request)) this.#break(`the number of request ${event.request} is taken`);
      this.#requests.set(event.request, 'asked');
    } else if (event.type === 'served' && !this.#requests.delete(event.request)) {
      this.#break(`request ${event.request} is over and was not open`);
    }
  }

  command(command: Command): void {
    if (command.type !== 'serve' && command.type !== 'refuse-serve') return;
    if (this.#requests.get(command.request) !== 'asked')
      this.#break(`${command.type} of request ${command.request}, which waits for no answer`);
    if (command.type === 'serve') this.#requests.set(command.request, 'served');
    else this.#requests.delete(command.request);
  }
}
