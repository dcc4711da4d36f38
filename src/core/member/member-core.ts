import type { MemberId, RoomId } from '../ids.ts';
import type { View } from '../view.ts';
import type { Command, Event } from './api.ts';

export interface MemberCoreOptions {
  readonly me: MemberId;
  readonly name: string;
  readonly certificate: Uint8Array;
  /** Where this member listens, best first. */
  readonly addresses: readonly string[];
  readonly room: { readonly id: RoomId; readonly invite: string } | undefined;
  /**
   * 1 for whoever opens the room (or downloads alone); a given place in a static list; undefined for a joiner, which
   * is told its place by the coordinator.
   */
  readonly seniority: number | undefined;
  /** Uniform in [0, 1). Seeded in the simulator. */
  readonly random: () => number;
}

/** A member's decisions: rooms, leases, streams, pulls. */
export class MemberCore {
  constructor(_options: MemberCoreOptions) {}
  handle(_event: Event, _nowMs: number): void {}
  /** Commands since the last call, in order. */
  drain(): readonly Command[] { return []; }
  /** When the core wants to be woken with a `tick`, if nothing happens before. */
  deadline(): number | undefined { return undefined; }
  view(_nowMs: number): View { throw new Error('unwritten'); }
}
