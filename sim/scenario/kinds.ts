import { originScenarioOf, scenarioOf, speedScenarioOf } from './random-scenario.ts';
import type { Scenario } from './scenario.ts';

/** A way to draw worlds from seeds, and what is asked of many of them together. */
export interface Kind {
  readonly name: string;
  readonly scenarioOf: (seed: number) => Scenario;
  /** How it is chosen on the command line of `sim/run.ts`. */
  readonly flag: string;
  /** The share of the worlds without faults that may be slow. */
  readonly slowShare: number;
  /** The share of all worlds that may be wasteful. */
  readonly wastefulShare: number;
}

/** Rooms and members alone, and in three of four worlds something goes wrong. */
export const GENERAL: Kind = {
  name: 'general',
  scenarioOf,
  flag: '',
  slowShare: 0.15,
  wastefulShare: 0.05,
};

/** Worlds in which only the origin and the way to it fail. */
export const ORIGIN_FAULTS: Kind = {
  name: 'origin faults',
  scenarioOf: originScenarioOf,
  flag: ' --origin-faults',
  slowShare: 0,
  wastefulShare: 0.05,
};

/** Rooms of unequal links in which nothing goes wrong. */
export const SPEED: Kind = {
  name: 'speed',
  scenarioOf: speedScenarioOf,
  flag: ' --speed',
  slowShare: 0.2,
  wastefulShare: 0.3,
};
