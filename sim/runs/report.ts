import type { Kind } from '../scenario/kinds.ts';
import { realCore } from '../world/real-core.ts';
import { simulate } from '../world/simulate.ts';
import type { Batch, Remark } from './batch.ts';

/** How many lines of the trace a failure shows. */
const TAIL_LINES = 40;
/** How many of the slowest and most wasteful worlds are named. */
const MOST_NAMED = 5;

/** A batch in a few lines, for people. */
export function describeBatch(batch: Batch): readonly string[] {
  const { worlds, alone, faults, ratios, slow, wasteful } = batch;
  const kinds = [...faults].map(([name, times]) => `${name} ${times}`).join(', ') || 'none';
  const lines = [`${worlds} worlds, ${alone} with one member; faults: ${kinds}`];
  const median = ratios[Math.floor(ratios.length / 2)];
  if (median !== undefined) {
    const worst = ratios.slice(0, MOST_NAMED).map(({ value, seed }) => `${value.toFixed(3)} (seed ${seed})`);
    lines.push(
      `time over the least, ${ratios.length} worlds: median ${median.value.toFixed(3)}, worst ${worst.join(', ')}`,
    );
  }
  return [...lines, ...named('slow', slow), ...named('wasteful', wasteful)];
}

/** What failed in one world and how to see it again. The world runs once more to show its last lines. */
export function describeFailure(kind: Kind, seed: number, withTail: boolean): readonly string[] {
  const tail: string[] = [];
  const { failure } = simulate(kind.scenarioOf(seed), realCore, (line) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  });
  return [
    ...(withTail ? tail : []),
    `seed ${seed} fails at ${((failure?.atMs ?? 0) / 1000).toFixed(3)} s: ${failure?.message}`,
    `see it again: npm run sim -- --seed ${seed} --trace${kind.flag}`,
  ];
}

function named(what: string, remarks: readonly Remark[]): readonly string[] {
  if (remarks.length === 0) return [];
  const some = remarks.slice(0, MOST_NAMED).map(({ seed, text }) => `seed ${seed}: ${text}`);
  return [`${remarks.length} ${what}, such as ${some.join('; ')}`];
}
