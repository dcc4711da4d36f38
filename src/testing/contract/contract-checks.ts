import type { Command, Event } from '../../core/contract.ts';
import type { ContractCheck } from './check.ts';
import { CourseCheck } from './course-check.ts';
import { type IsJournaled, PieceCheck } from './piece-check.ts';
import { ServeCheck } from './serve-check.ts';
import { TransferCheck } from './transfer-check.ts';

/**
 * Checks that a core and the world that runs it keep the contract of `core/contract.ts`, on what goes in and out of that
 * core. Throws at the first thing that breaks it. After `leave` only that is checked of the world which the core still hears.
 */
export class ContractChecks implements ContractCheck {
  readonly #parts: readonly ContractCheck[];
  readonly #course: CourseCheck;

  /** `isJournaled`: looked up when a piece is said to be kept. Default: the world is believed. */
  constructor(isJournaled: IsJournaled = () => true) {
    const onBreak = (why: string): never => {
      throw new Error(`the contract is broken: ${why}`);
    };
    const pieces = new PieceCheck(onBreak, isJournaled);
    this.#course = new CourseCheck(onBreak, (download) => pieces.keptOf(download));
    this.#parts = [new TransferCheck(onBreak), pieces, new ServeCheck(onBreak), this.#course];
  }

  event(event: Event): void {
    if (this.#course.hasLeft && !HEARD_AFTER_LEAVING.has(event.type)) return;
    for (const part of this.#parts) part.event(event);
  }

  command(command: Command): void {
    for (const part of this.#parts) part.command(command);
  }
}

/** What was under way when it left. The rest may come as late and as often as it likes. */
const HEARD_AFTER_LEAVING: ReadonlySet<Event['type']> = new Set([
  'records',
  'origin-bytes',
  'pull-bytes',
  'hashed',
  'kept',
  'finished',
  'serve-request',
] as const);
