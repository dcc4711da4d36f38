import type { Command, Event } from '../../core/contract.ts';

/** Watches what goes in and out of one core, in the order in which it happens, for one part of the contract. */
export interface ContractCheck {
  /** An event is about to be handed in. */
  event(event: Event): void;
  /** The core has asked for something, which has not been carried out yet. */
  command(command: Command): void;
}

/** Ends the check: the contract is broken, by the world or by the core. */
export type Break = (why: string) => never;

/** A number of a transfer or a piece counts within its download. */
export function keyOf(download: string, number: number): string {
  return `${download} ${number}`;
}
