import type { Faults } from './faults.ts';
import { Prng } from './prng.ts';
import { mortalsOf, randomFaults, randomOriginFaults, timesOf } from './random-faults.ts';
import { rareFault } from './random-rare-faults.ts';
import {
  type FileSpec,
  MBIT,
  type MemberSpec,
  memberSpec,
  type OriginSpec,
  plainScenario,
  type Scenario,
} from './scenario.ts';

const KIB = 1024;
/** In so many of the worlds with faults there is a rare one beside the usual ones. */
const RARE_SHARE = 0.35;

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
  const usual = faultsOf?.(prng, count, expectedMs);
  const rare = new Prng(seed, 3);
  const faults =
    usual !== undefined && file.ranges && rare.chance(RARE_SHARE)
      ? rareFault(rare, usual, count, mortalsOf(count), timesOf(rare, expectedMs))
      : (usual ?? {});
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

/**
 * A world that shows how well the work is shared: nothing goes wrong, the LAN is fast, and some links to the origin are up
 * to twenty times as fast as others, so that whoever is done early has to take over from those who are not.
 */
export function speedScenarioOf(seed: number): Scenario {
  const prng = new Prng(seed, 4);
  const fastest = prng.pick([20, 50, 100]) * MBIT;
  const members = Array.from({ length: prng.pick([2, 2, 3, 3, 4, 4, 6, 8]) }, (_, index) =>
    memberSpec({
      wanRate: fastest * (index === 0 ? 1 : prng.pick([0.05, 0.1, 0.2, 0.5, 1])),
      originRttMs: prng.between(5, 60),
      lanLatencyMs: prng.between(0.1, 2),
      joinMs: index === 0 ? 0 : prng.between(0, 200),
      maxConnections: prng.pick([1, 2, 4, 4, 8]),
      firstConnections: prng.pick([1, 1, 8]),
    }),
  );
  const wan = members.reduce((sum, { wanRate }) => sum + wanRate, 0);
  const sizeBytes = Math.floor(wan * prng.between(4, 10));
  const mostPieces = prng.integer(40, 400);
  let pieceBytes = 256 * KIB;
  while (sizeBytes > pieceBytes * mostPieces) pieceBytes *= 2;
  const file = { sizeBytes, pieceBytes, ranges: true, lengthKnown: true };
  return plainScenario(members.length, { seed, file, members, copyMessages: prng.chance(0.25) });
}
