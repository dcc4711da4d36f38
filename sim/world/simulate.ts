import { SimFailure } from '../checks/failure.ts';
import { hashText } from '../network/content.ts';
import type { MakeCore } from '../network/core-like.ts';
import { boundSeconds } from '../scenario/bound.ts';
import { faultNames } from '../scenario/faults.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { World } from './world.ts';

/** What came of one world. */
export interface Outcome {
  readonly world: World;
  readonly failure: SimFailure | undefined;
  /** Virtual seconds until the last one finished. */
  readonly seconds: number;
  /** `seconds` over the bound; undefined where the bound does not hold (faults, no ranges, limits on connections). */
  readonly ratio: number | undefined;
  /** Bytes fetched from the origin in vain, as a share of the file. */
  readonly duplicateShare: number;
}

/** Runs one world to its end. Whatever goes wrong in it, a throwing core included, is told as `failure`. */
export function simulate(scenario: Scenario, makeCore: MakeCore, trace?: (line: string) => void): Outcome {
  const world = new World(scenario, makeCore, trace);
  let failure: SimFailure | undefined;
  try {
    world.run();
  } catch (thrown) {
    failure =
      thrown instanceof SimFailure ? thrown : new SimFailure(String(thrown), world.clock.nowMs, thrown);
    trace?.(`${failure.message}${thrown instanceof SimFailure ? '' : `\n${(thrown as Error).stack}`}`);
  }
  const seconds = Math.max(0, ...world.members.map((member) => member.finishedMs ?? 0)) / 1000;
  const bound = boundOf(scenario);
  return {
    world,
    failure,
    seconds,
    ratio: failure || bound === undefined ? undefined : seconds / bound,
    duplicateShare: world.checks.ledger.duplicateBytes / scenario.file.sizeBytes,
  };
}

/** The least time that a scenario can take in seconds, where the formula applies. */
export function boundOf(scenario: Scenario): number | undefined {
  const { file, origin, members, faults } = scenario;
  if (faultNames(faults).length > 0 || !file.ranges || origin.connectionRate || origin.connectionsPerMember)
    return undefined;
  if (members.some((member) => member.firewalled)) return undefined;
  return boundSeconds(
    file.sizeBytes,
    origin.rate,
    members.map(({ wanRate, canFetch, upRate, downRate }) => ({
      wan: canFetch ? wanRate : 0,
      up: upRate,
      down: downRate,
    })),
  );
}

/** A digest of all that happens in a world: equal for equal runs. */
export function traceHash(scenario: Scenario, makeCore: MakeCore): number {
  let hash = hashText('');
  simulate(scenario, makeCore, (line) => {
    hash = hashText(line, hash);
  });
  return hash;
}
