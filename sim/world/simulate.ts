import { type Cost, costOf } from '../checks/cost.ts';
import { SimFailure } from '../checks/failure.ts';
import { hashText } from '../network/content.ts';
import type { MakeCore } from '../network/core-like.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { World } from './world.ts';

/** What came of one world. */
export interface Outcome extends Cost {
  readonly world: World;
  /** What went wrong in it; then what it cost says little. */
  readonly failure: SimFailure | undefined;
}

/** Runs one world to its end. Whatever goes wrong in it, a throwing core included, is told as `failure`. */
export function simulate(scenario: Scenario, makeCore: MakeCore, trace?: (line: string) => void): Outcome {
  const world = new World(scenario, makeCore, trace);
  let failure: SimFailure | undefined;
  try {
    world.run();
  } catch (thrown) {
    failure =
      thrown instanceof SimFailure
        ? thrown
        : new SimFailure(String(thrown), world.clock.nowMs, { cause: thrown });
    trace?.(`${failure.message}${thrown instanceof SimFailure ? '' : `\n${(thrown as Error).stack}`}`);
  }
  return { world, failure, ...costOf(world, world.checks.ledger.duplicateBytes) };
}

/** A digest of all that happens in a world: equal for equal runs. */
export function traceHash(scenario: Scenario, makeCore: MakeCore): number {
  let hash = hashText('');
  simulate(scenario, makeCore, (line) => {
    hash = hashText(line, hash);
  });
  return hash;
}
