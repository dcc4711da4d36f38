import { parseArgs } from 'node:util';
import { runBatch } from './runs/batch.ts';
import { firstSeed } from './runs/fresh-seeds.ts';
import { describeBatch, describeFailure } from './runs/report.ts';
import { excessesOf } from './runs/verdict.ts';
import { GENERAL, ORIGIN_FAULTS, SPEED } from './scenario/kinds.ts';
import { realCore } from './world/real-core.ts';
import { simulate } from './world/simulate.ts';

/**
 * `npm run sim -- --seeds 200 [--from N | --from random]` runs that many worlds; `--seed S [--trace]` runs one, and shows all
 * that happens in it. `--origin-faults` draws worlds in which only the origin and the way to it fail, `--speed` rooms of
 * unequal links. `--all` runs on after a failure. Ends with 1 when a check failed.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'origin-faults': { type: 'boolean', default: false },
    speed: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
  },
});
const kind = values['origin-faults'] ? ORIGIN_FAULTS : values.speed ? SPEED : GENERAL;

process.exitCode = values.seed === undefined ? runMany(Number(values.seeds)) : runOne(Number(values.seed));

function runOne(seed: number): number {
  const scenario = kind.scenarioOf(seed);
  console.log(
    JSON.stringify(scenario, (_key, value) => (value === Number.POSITIVE_INFINITY ? 'infinite' : value)),
  );
  const outcome = simulate(scenario, realCore, values.trace ? (line) => console.log(line) : undefined);
  const { failure, seconds, ratio, duplicateShare, slow, wasteful } = outcome;
  if (failure !== undefined) {
    show(describeFailure(kind, seed, !values.trace));
    return 1;
  }
  const times = ratio === undefined ? '' : `, ${ratio.toFixed(3)} x the least`;
  const twice = `${(100 * duplicateShare).toFixed(2)} % fetched twice`;
  console.log(`seed ${seed}: right after ${seconds.toFixed(1)} s${times}, ${twice}`);
  for (const complaint of [slow, wasteful]) if (complaint !== undefined) console.log(complaint);
  return 0;
}

function runMany(count: number): number {
  const from = firstSeed(values.from);
  const began = performance.now();
  let shownMs = began;
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  const batch = runBatch(kind, seeds, {
    stopAtFailure: !values.all,
    progress: (done, failing) => {
      if (performance.now() - shownMs < 1000) return;
      shownMs = performance.now();
      console.log(`${done} of ${count} seeds, ${failing} failing`);
    },
  });
  for (const { seed, failure } of values.all ? batch.failures : [])
    console.log(`seed ${seed}: ${failure.message}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`seeds from ${from} in ${seconds} s, ${batch.failures.length} failing`);
  show(describeBatch(batch));
  const excesses = excessesOf(batch);
  show(excesses);
  const first = batch.failures[0];
  if (first !== undefined) show(describeFailure(kind, first.seed, !values.all));
  return first === undefined && excesses.length === 0 ? 0 : 1;
}

function show(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
