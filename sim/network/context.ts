import type { Event } from '../../src/core/contract.ts';
import type { Geometry } from '../../src/core/geometry.ts';
import type { DownloadId, MemberId } from '../../src/core/ids.ts';
import type { Prng } from '../scenario/prng.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Clock } from './clock.ts';
import type { SimMember } from './sim-member.ts';

/** What every part of a world is given: what was decided before it began, time, chance, and the way to the members. */
export interface Context {
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly members: readonly SimMember[];
  readonly download: DownloadId;
  /** The true one: the world knows the size even when the origin does not tell. */
  readonly geometry: Geometry;
  /** Arriving bytes are told at multiples of this offset. */
  readonly stepBytes: number;
  memberOf(id: MemberId): SimMember | undefined;
  /** Whether packets get from one to the other just now. */
  passing(a: SimMember, b: SimMember): boolean;
  /** Hands an event to the core of a member, if it runs, and carries out what it answers. */
  deliver(member: SimMember, event: Event): void;
  /** Adds a line to the trace. */
  note(member: SimMember | undefined, text: string): void;
  /** Ends the run: a check failed. */
  fail(message: string): never;
  /** Ends the run: somebody will never have the file. */
  getStuck(message: string): never;
}
