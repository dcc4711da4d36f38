import type { Faults } from './faults.ts';
import { Prng } from './prng.ts';
import { randomFaults, randomOriginFaults } from './random-faults.ts';

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
const MBIT = 1_000_000 / 8;

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

/** The scenario of a seed. A quarter of the seeds have no faults, so that speed can be judged too. */
export function scenarioOf(seed: number): Scenario {
  const prng = new Prng(seed);
  const count = prng.pick([1, 2, 2, 3, 3, 4, 4, 5, 6, 8]);
  return drawn(seed, prng, count, prng.chance(0.25) ? undefined : randomFaults);
}

/** A scenario in which only the origin and the way to it fail. In half of them a member is alone. */
export function originScenarioOf(seed: number): Scenario {
  const prng = new Prng(seed, 2);
  return drawn(seed, prng, prng.pick([1, 1, 1, 2, 3, 5]), randomOriginFaults);
}

function drawn(
  seed: number,
  prng: Prng,
  count: number,
  faultsOf: ((prng: Prng, count: number, expectedMs: number) => Faults) | undefined,
): Scenario {
  const equal = prng.chance(0.3);
  const common = randomMember(prng);
  const members = Array.from({ length: count }, (_, index): MemberSpec => {
    const member = equal ? common : randomMember(prng);
    const joinMs = index === 0 ? 0 : prng.between(0, 300);
    const canFetch = index < 2 || !prng.chance(0.05);
    return { ...member, joinMs, canFetch, firewalled: index > 1 && prng.chance(0.1) };
  });
  const wan = members.reduce((sum, member) => sum + (member.canFetch ? member.wanRate : 0), 0);
  const origin: OriginSpec = {
    rate: prng.chance(0.25) ? wan * prng.between(0.4, 1) : 10_000 * MBIT,
    connectionRate: prng.chance(0.1) ? members[0]!.wanRate * prng.between(0.2, 0.7) : undefined,
    connectionsPerMember: prng.chance(0.1) ? prng.integer(1, 3) : undefined,
  };
  const file = randomFile(prng, Math.min(wan, origin.rate));
  const expectedMs = (1000 * file.sizeBytes) / Math.min(wan, origin.rate);
  const faults = faultsOf?.(prng, count, expectedMs) ?? {};
  return { seed, file, origin, members, faults, copyMessages: prng.chance(0.25) };
}

function randomMember(prng: Prng): MemberSpec {
  const wanRate = prng.pick([5, 10, 20, 50, 50, 100]) * MBIT;
  const lanRate = prng.pick([100, 300, 1000, 1000]) * MBIT;
  return memberSpec({
    wanRate,
    upRate: prng.chance(0.2) ? lanRate * prng.between(0.1, 1) : lanRate,
    downRate: lanRate,
    originRttMs: prng.between(5, 120),
    lanLatencyMs: prng.between(0.1, 5),
    maxConnections: prng.pick([1, 2, 4, 4, 8]),
    firstConnections: prng.pick([1, 1, 1, 8]),
    linkPatienceMs: prng.pick([0, 0, 60_000]),
  });
}

/** A file that takes 3 to 15 s at the given rate, in 8 to 400 pieces. */
function randomFile(prng: Prng, rate: number): FileSpec {
  const wantedBytes = rate * prng.between(3, 15);
  let pieceBytes = 256 * KIB;
  while (wantedBytes > pieceBytes * 400) pieceBytes *= 2;
  const sizeBytes =
    Math.max(8 * pieceBytes, Math.floor(wantedBytes)) + prng.integer(0, 1) * prng.integer(0, pieceBytes);
  const ranges = !prng.chance(0.1);
  const lengthKnown = ranges || prng.chance(0.5);
  return { sizeBytes, pieceBytes: lengthKnown ? pieceBytes : 1024 * KIB, ranges, lengthKnown };
}
