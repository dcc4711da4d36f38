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

/** The same files fetched by Dragonload, aria2 and curl in turn. */
export interface BesideScenario {
  readonly kind: 'beside';
  readonly files: number;
  readonly sizeBytes: number;
  readonly content: 'random' | 'sparse';
  /** Over a shaped link; without: over the loopback. */
  readonly wanMbit?: number;
  /** Files lie on the disk, in the temporary folder, and not in memory. */
  readonly onDisk?: true;
  readonly rounds: number;
  /** Seconds to the time of aria2, at most. */
  readonly atMost: number;
}

/** An origin that gives each of eight connections its share, and one of them a hundredth of that. */
export interface CrawlScenario {
  readonly kind: 'crawl';
  readonly connections: number;
  readonly bytesPerSecond: number;
  readonly sizeBytes: number;
  /** Of the file, after which the one begins to crawl. */
  readonly from: number;
  readonly rounds: number;
  /** Ratio to the time without a crawl, at most. */
  readonly atMost: number;
}

export type Scenario =
  | PoolScenario
  | AloneScenario
  | ResumeScenario
  | LoopbackScenario
  | BesideScenario
  | CrawlScenario;

const equal = (members: number, wanMbit = 20): PoolScenario => ({
  kind: 'pool',
  wanMbit: Array.from({ length: members }, () => wanMbit),
  lanMbit: 1000,
  seconds: 45,
  atMost: 1.05,
  originLimit: 1.02,
});

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

const beside = (files: number, sizeBytes: number, changes: Partial<BesideScenario> = {}): BesideScenario => ({
  kind: 'beside',
  files,
  sizeBytes,
  content: 'random',
  rounds: 5,
  atMost: 1,
  ...changes,
});

const crawl = (from: number): CrawlScenario => ({
  kind: 'crawl',
  connections: 8,
  bytesPerSecond: 2e6,
  sizeBytes: 320e6,
  from,
  rounds: 3,
  atMost: 1.05,
});

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
  ['crawl', crawl(0)],
  ['crawl-at-half', crawl(0.5)],
  ['many-1k', beside(1000, KIB)],
  ['many-1k-disk', beside(1000, KIB, { onDisk: true })],
  ['many-1k-link', beside(1000, KIB, { wanMbit: 200 })],
  ['many-1m', beside(100, MIB)],
  ['many-1m-disk', beside(100, MIB, { onDisk: true })],
  ['many-1m-link', beside(100, MIB, { wanMbit: 200 })],
  ['one-100m-link', beside(1, 100 * MIB, { wanMbit: 200 })],
  ['one-1g', beside(1, GIB)],
  ['one-1g-link', beside(1, GIB, { wanMbit: 1000, rounds: 3 })],
  ['one-8g', beside(1, 8 * GIB, { content: 'sparse', rounds: 2 })],
]);

/** The same in a fraction of the time, for a look while working; process start weighs more, so ratios are worse. */
export function quick(scenario: Scenario): Scenario {
  if ('seconds' in scenario) return { ...scenario, seconds: Math.min(scenario.seconds, 12) };
  const rounds = Math.min(scenario.rounds, 3);
  if (scenario.kind === 'crawl') return { ...scenario, rounds: 1 };
  const sizeBytes = Math.min(scenario.sizeBytes, GIB / 4);
  if (scenario.kind === 'beside')
    return { ...scenario, sizeBytes, rounds, files: Math.min(scenario.files, 200) };
  return { ...scenario, sizeBytes, rounds };
}

/** A dead member takes bytes with it that nobody else has: no limit on origin bytes then. */
function without(scenario: PoolScenario, changes: Partial<PoolScenario>): PoolScenario {
  const { originLimit: _, ...rest } = scenario;
  return { ...rest, ...changes };
}
