/** Members that fetch one file together over links of their own, and what befalls them. */
export interface PoolScenario {
  readonly kind: 'pool';
  /** The host first. */
  readonly wanMbit: readonly number[];
  readonly lanMbit: number;
  /** How long the bound is to be: sets the size of the file. */
  readonly seconds: number;
  /** At half the bound of those that begin: kill this member (by index), or let the last member join only then. */
  readonly atHalf?: { readonly kill: number } | 'last-joins';
  /** Ratio to the bound, at most; after a kill, to the bound for what was left. */
  readonly atMost: number;
  readonly originLimit?: number;
}

/** One `get` over a shaped link, beside aria2 and curl on the same one. */
export interface AloneScenario {
  readonly kind: 'alone';
  readonly wanMbit: number;
  readonly seconds: number;
  readonly atMost: number;
}

/** One `get` over a shaped link, killed at half and started again. */
export interface ResumeScenario {
  readonly kind: 'resume';
  readonly wanMbit: number;
  readonly seconds: number;
  /** Origin bytes over the size of the file. */
  readonly atMost: number;
}

/** Unshaped and without namespaces of several members. */
export interface LoopbackScenario {
  readonly kind: 'paired' | 'memory' | 'bulk' | 'help' | 'tiny';
  readonly sizeBytes: number;
  readonly rounds: number;
}

export type Scenario = PoolScenario | AloneScenario | ResumeScenario | LoopbackScenario;

const equal = (members: number, wanMbit = 20): PoolScenario => ({
  kind: 'pool',
  wanMbit: Array.from({ length: members }, () => wanMbit),
  lanMbit: 1000,
  seconds: 45,
  atMost: 1.05,
  originLimit: 1.02,
});

const GIB = 2 ** 30;

/** All scenarios, in the order of the table. The limits are the figures to reach. */
export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  ['equal-2', equal(2)],
  ['equal-4', equal(4)],
  // Half the rate: eight members, their kernels' work and the origin share the two cores of a small machine.
  ['equal-8', equal(8, 10)],
  ['skewed', { ...equal(4), wanMbit: [50, 20, 10, 5], atMost: 1.08 }],
  ['fast-4', { ...equal(4, 100), seconds: 30, atMost: 1.1 }],
  ['member-killed', without(equal(4), { atHalf: { kill: 2 }, atMost: 1.35 })],
  ['host-killed', without(equal(4), { atHalf: { kill: 0 }, atMost: 1.35 })],
  ['join-at-half', { ...equal(3), atHalf: 'last-joins', atMost: 1.15 }],
  ['alone', { kind: 'alone', wanMbit: 50, seconds: 20, atMost: 1.03 }],
  ['resume', { kind: 'resume', wanMbit: 100, seconds: 30, atMost: 1.06 }],
  ['loopback', { kind: 'paired', sizeBytes: GIB, rounds: 5 }],
  ['bulk', { kind: 'bulk', sizeBytes: GIB, rounds: 1 }],
  ['memory', { kind: 'memory', sizeBytes: 4 * GIB, rounds: 1 }],
  ['help', { kind: 'help', sizeBytes: 0, rounds: 15 }],
  ['tiny', { kind: 'tiny', sizeBytes: 1024, rounds: 15 }],
]);

/** The same in a fraction of the time, for a look while working; process start weighs more, so ratios are worse. */
export function quick(scenario: Scenario): Scenario {
  if ('seconds' in scenario) return { ...scenario, seconds: Math.min(scenario.seconds, 12) };
  return {
    ...scenario,
    sizeBytes: Math.min(scenario.sizeBytes, GIB / 4),
    rounds: Math.min(scenario.rounds, 3),
  };
}

/** A dead member takes bytes with it that nobody else has: no limit on origin bytes then. */
function without(scenario: PoolScenario, changes: Partial<PoolScenario>): PoolScenario {
  const { originLimit: _, ...rest } = scenario;
  return { ...rest, ...changes };
}
