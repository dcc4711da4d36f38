import { parseArgs } from 'node:util';
import { faultNames } from './scenario/faults.ts';
import { originScenarioOf, scenarioOf } from './scenario/scenario.ts';
import { realCore } from './world/real-core.ts';
import { type Outcome, simulate } from './world/simulate.ts';

/**
 * `npm run sim -- --seeds 200 [--from N]` runs that many worlds; `--seed S [--trace]` runs one, and shows all that
 * happens in it. `--origin-faults` draws other worlds, in which only the origin and the way to it fail. Ends with 1 when a
 * check failed.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'origin-faults': { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    /** Run on after a failure, so that all failing seeds are listed. */
    all: { type: 'boolean', default: false },
  },
});
const scenarioFor = values['origin-faults'] ? originScenarioOf : scenarioOf;
/** How many lines of the trace a failure shows. */
const TAIL_LINES = 40;

process.exitCode =
  values.seed === undefined
    ? runMany(Number(values.from), Number(values.seeds))
    : runOne(Number(values.seed));

function runOne(seed: number): number {
  const scenario = scenarioFor(seed);
  console.log(
    JSON.stringify(scenario, (_key, value) => (value === Number.POSITIVE_INFINITY ? 'infinite' : value)),
  );
  const outcome = simulate(scenario, realCore, values.trace ? (line) => console.log(line) : undefined);
  if (outcome.failure === undefined) {
    console.log(`seed ${seed}: right after ${outcome.seconds.toFixed(1)} s${describe(outcome)}`);
    return 0;
  }
  report(seed, outcome, !values.trace);
  return 1;
}

function runMany(from: number, count: number): number {
  const began = performance.now();
  let shownMs = began;
  const faults = new Map<string, number>();
  let alone = 0;
  const failing: number[] = [];
  const ratios: { readonly value: number; readonly seed: number }[] = [];
  let share: { value: number; seed: number } | undefined;
  for (let seed = from; seed < from + count; seed++) {
    const scenario = scenarioFor(seed);
    const outcome = simulate(scenario, realCore);
    if (scenario.members.length === 1) alone++;
    for (const name of faultNames(scenario.faults)) faults.set(name, (faults.get(name) ?? 0) + 1);
    if (outcome.failure !== undefined) {
      failing.push(seed);
      if (values.all)
        console.log(`seed ${seed}: ${outcome.failure.message} [${faultNames(scenario.faults).join(' ')}]`);
      else report(seed, outcome, true);
      if (!values.all) break;
    } else {
      if (outcome.ratio !== undefined) ratios.push({ value: outcome.ratio, seed });
      const clean = faultNames(scenario.faults).length === 0;
      if (clean && outcome.duplicateShare >= (share?.value ?? 0))
        share = { value: outcome.duplicateShare, seed };
    }
    if (performance.now() - shownMs > 1000) {
      shownMs = performance.now();
      console.log(`${seed - from + 1} of ${count} seeds, ${failing.length} failing`);
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${count} seeds from ${from} in ${seconds} s, ${failing.length} failing`);
  console.log(
    `${alone} with one member; faults: ${[...faults].map(([name, times]) => `${name} ${times}`).join(', ') || 'none'}`,
  );
  ratios.sort((a, b) => b.value - a.value);
  const worst = ratios.slice(0, 5).map(({ value, seed }) => `${value.toFixed(3)} (seed ${seed})`);
  if (worst.length > 0) {
    const median = ratios[Math.floor(ratios.length / 2)]!.value.toFixed(3);
    console.log(`time over bound, ${ratios.length} seeds: median ${median}, worst ${worst.join(', ')}`);
  }
  if (share)
    console.log(
      `worst duplicate share without faults: ${(100 * share.value).toFixed(2)} % (seed ${share.seed})`,
    );
  if (failing.length > 0 && values.all) console.log(`failing: ${failing.join(' ')}`);
  return failing.length > 0 ? 1 : 0;
}

function describe({ ratio, duplicateShare }: Outcome): string {
  const times = ratio === undefined ? '' : `, ${ratio.toFixed(3)} x the bound`;
  return `${times}, ${(100 * duplicateShare).toFixed(2)} % fetched twice`;
}

/** Says what failed and how to see it again. The world runs once more to show its last lines. */
function report(seed: number, outcome: Outcome, withTail: boolean): void {
  if (withTail) {
    const tail: string[] = [];
    simulate(scenarioFor(seed), realCore, (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    });
    console.log(tail.join('\n'));
  }
  const { failure } = outcome;
  console.log(`seed ${seed} fails at ${((failure?.atMs ?? 0) / 1000).toFixed(3)} s: ${failure?.message}`);
  console.log(
    `see it again: npm run sim -- --seed ${seed} --trace${values['origin-faults'] ? ' --origin-faults' : ''}`,
  );
}
