import type { SimFailure } from '../checks/failure.ts';
import { faultNames } from '../scenario/faults.ts';
import type { Kind } from '../scenario/kinds.ts';
import { realCore } from '../world/real-core.ts';
import { simulate } from '../world/simulate.ts';

/** Something to say about one seed. */
export interface Remark {
  readonly seed: number;
  readonly text: string;
}

/** A world that failed. */
export interface Failing {
  readonly seed: number;
  readonly failure: SimFailure;
}

/** What came of many worlds of one kind. */
export interface Batch {
  readonly kind: Kind;
  readonly worlds: number;
  /** Those in which nothing goes wrong. */
  readonly clean: number;
  /** Those with one member. */
  readonly alone: number;
  readonly failures: readonly Failing[];
  readonly slow: readonly Remark[];
  readonly wasteful: readonly Remark[];
  /** Time over the least time of the clean ones, worst first. */
  readonly ratios: readonly { readonly seed: number; readonly value: number }[];
  /** How many worlds had each kind of fault. */
  readonly faults: ReadonlyMap<string, number>;
}

export interface BatchOptions {
  /** Called after each world. */
  readonly progress?: (done: number, failing: number) => void;
  /** Ends at the first world that fails. */
  readonly stopAtFailure?: boolean;
}

/** Runs the worlds of these seeds with the core that ships. */
export function runBatch(kind: Kind, seeds: Iterable<number>, options: BatchOptions = {}): Batch {
  const batch = {
    worlds: 0,
    clean: 0,
    alone: 0,
    failures: [] as Failing[],
    slow: [] as Remark[],
    wasteful: [] as Remark[],
    ratios: [] as { seed: number; value: number }[],
    faults: new Map<string, number>(),
  };
  for (const seed of seeds) {
    const scenario = kind.scenarioOf(seed);
    const { failure, ratio, slow, wasteful } = simulate(scenario, realCore);
    const names = faultNames(scenario.faults);
    batch.worlds++;
    if (names.length === 0) batch.clean++;
    if (scenario.members.length === 1) batch.alone++;
    for (const name of names) batch.faults.set(name, (batch.faults.get(name) ?? 0) + 1);
    if (failure !== undefined) {
      batch.failures.push({ seed, failure });
      if (options.stopAtFailure) break;
    } else {
      if (ratio !== undefined) batch.ratios.push({ seed, value: ratio });
      if (slow !== undefined) batch.slow.push({ seed, text: slow });
      if (wasteful !== undefined) batch.wasteful.push({ seed, text: wasteful });
    }
    options.progress?.(batch.worlds, batch.failures.length);
  }
  batch.ratios.sort((a, b) => b.value - a.value);
  return { kind, ...batch };
}
