import { parseArgs } from 'node:util';
import { runBatch } from './runs/batch.ts';
import { firstSeed } from './runs/fresh-seeds.ts';
import { CHECK_PLANS, type CheckPlan } from './runs/regressions.ts';
import { describeBatch, describeFailure } from './runs/report.ts';
import { excessesOf, unforgiven } from './runs/verdict.ts';

/**
 * `npm run sim:check` is what `npm run check` runs of the simulator: the fixed seeds of each kind and fresh ones, whose
 * first is printed. `--from N` takes those from N on instead. Ends with 1 when something has got worse.
 */
const { values } = parseArgs({ options: { from: { type: 'string', default: 'random' } } });
const from = firstSeed(values.from);
console.log(`fresh seeds from ${from}: npm run sim:check -- --from ${from} runs the same worlds again`);
const began = performance.now();
const isRight = CHECK_PLANS.map((plan) => isFine(plan)).every(Boolean);
console.log(
  `simulator: ${isRight ? 'right' : 'WORSE'} after ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
process.exitCode = isRight ? 0 : 1;

function isFine({ kind, fixed, fresh }: CheckPlan): boolean {
  const seeds = [...fixed, ...Array.from({ length: fresh }, (_, index) => from + index)];
  const batch = runBatch(kind, seeds);
  const bad = unforgiven(batch.failures, fixed);
  const excesses = excessesOf(batch);
  console.log(`\n${kind.name}:`);
  for (const line of [...describeBatch(batch), ...excesses]) console.log(line);
  for (const failing of batch.failures) {
    if (bad.includes(failing)) continue;
    console.log(`forgiven, for it is rare: seed ${failing.seed}: ${failing.failure.message}`);
  }
  for (const { seed } of bad)
    for (const line of describeFailure(kind, seed, seed === bad[0]!.seed)) console.log(line);
  return bad.length === 0 && excesses.length === 0;
}
