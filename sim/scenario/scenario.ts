import type { Faults } from './faults.ts';

/** One member of a world. Rates in bytes per second. */
export interface MemberSpec {
  readonly wanRate: number;
  readonly upRate: number;
  readonly downRate: number;
  /** Round trip to the origin. */
  readonly originRttMs: number;
  /** One way to the switch: two members are the sum of both apart. */
  readonly lanLatencyMs: number;
  readonly joinMs: number;
  /** False when it cannot reach the origin at all. */
  readonly canFetch: boolean;
  /** It can only dial out. */
  readonly firewalled: boolean;
  readonly maxConnections: number;
  /** As many as proved right for this origin earlier. */
  readonly firstConnections: number;
  /** How long its user gives an expired link to be replaced. */
  readonly linkPatienceMs: number;
}

export interface FileSpec {
  readonly sizeBytes: number;
  readonly pieceBytes: number;
  readonly ranges: boolean;
  /** False: the origin names no length. */
  readonly lengthKnown: boolean;
}

export interface OriginSpec {
  /** For all members together, in bytes per second. */
  readonly rate: number;
  /** For one connection, in bytes per second. */
  readonly connectionRate: number | undefined;
  /** More connections of one member than this are turned away. */
  readonly connectionsPerMember: number | undefined;
}

/** A world to be: everything that is decided before it runs. Member 0 opens the room. */
export interface Scenario {
  readonly seed: number;
  readonly file: FileSpec;
  readonly origin: OriginSpec;
  readonly members: readonly MemberSpec[];
  readonly faults: Faults;
  /** Copy messages on their way, as a wire would: cores that share memory by accident are found out. */
  readonly copyMessages: boolean;
}

const KIB = 1024;
/** One Mbit/s in bytes per second. */
export const MBIT = 1_000_000 / 8;

/** A member on a 50 Mbit/s link and gigabit LAN, with whatever is to differ. */
export function memberSpec(changes: Partial<MemberSpec> = {}): MemberSpec {
  return {
    wanRate: 50 * MBIT,
    upRate: 1000 * MBIT,
    downRate: 1000 * MBIT,
    originRttMs: 20,
    lanLatencyMs: 0.2,
    joinMs: 0,
    canFetch: true,
    firewalled: false,
    maxConnections: 4,
    firstConnections: 1,
    linkPatienceMs: 0,
    ...changes,
  };
}

/** A world of `count` equal members with a file of 200 pieces and a fast origin, with whatever is to differ. */
export function plainScenario(count: number, changes: Partial<Scenario> = {}): Scenario {
  return {
    seed: 1,
    file: { sizeBytes: 200 * 256 * KIB, pieceBytes: 256 * KIB, ranges: true, lengthKnown: true },
    origin: { rate: 10_000 * MBIT, connectionRate: undefined, connectionsPerMember: undefined },
    members: Array.from({ length: count }, () => memberSpec()),
    faults: {},
    copyMessages: false,
    ...changes,
  };
}
