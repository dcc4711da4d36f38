import { Surroundings } from '../machine/surroundings.ts';
import type { Workbench } from '../machine/workbench.ts';
import { HERE, Topology } from '../network/topology.ts';
import { makeFile, Origin } from '../programs/origin.ts';
import { type Peer, type PeerRun, runPeer, type Wanted } from '../programs/peers.ts';
import type { Row, Taken } from '../report/row.ts';
import { median } from '../report/stats.ts';
import type { BesideScenario } from './scenarios.ts';

const PATIENCE_MS = 300_000;
/** A file of this size, of the same content: what memory is compared with where the file is larger. */
const USUAL_BYTES = 2 ** 30;
/** So much more memory for a larger file is still as good as none. */
const FLAT = 1.15;

/** Dragonload, aria2 and curl fetch the same files in turn, round after round; medians of what each took. */
export async function runBeside(bench: Workbench, name: string, scenario: BesideScenario): Promise<Row> {
  const { wanMbit, rounds } = scenario;
  const topology = wanMbit === undefined ? undefined : Topology.build(bench, [{ wanMbit, lanMbit: 1000 }]);
  const place = topology?.members[0] ?? HERE;
  const origin = await Origin.start(bench, topology?.origin ?? HERE);
  const wanted = await makeWanted(bench, origin, scenario);
  const peers: readonly Peer[] = [
    'dragonload',
    'aria2',
    'curl',
    ...(scenario.files > 1 ? (['curl --parallel'] as const) : []),
  ];
  const runs = new Map<Peer, PeerRun[]>(peers.map((peer) => [peer, []]));
  const around = new Surroundings([origin.process.pid]);
  for (let round = 0; round < rounds; round++) {
    for (const [peer, done] of runs)
      done.push(await runPeer(bench, peer, wanted, { place, timeoutMs: PATIENCE_MS }));
  }
  const disturbance = around.disturbance();
  const taken = [...runs].map(([program, done]) => ({ program, ...medians(done) }));
  const [ours, aria2, ...rest] = taken as [Named, Named, ...Named[]];
  // Less than half a hundredth cannot be told from chance.
  const value = Math.round((ours.seconds / aria2.seconds) * 100) / 100;
  const flatness = await flatnessOf(bench, origin, scenario, ours);
  return {
    scenario: name,
    measured: `${value.toFixed(2)} x aria2 (${ours.seconds.toFixed(2)} / ${aria2.seconds.toFixed(2)} s)${flatness?.words ?? ''}`,
    value,
    limit: { atMost: scenario.atMost },
    peakBytes: ours.peakBytes,
    comparison: { ours, others: [aria2, ...rest], rounds, disturbance, toUsual: flatness?.toUsual },
    faults: flatness !== undefined && flatness.toUsual > FLAT ? ['memory grows with the file'] : [],
    details: { runs: Object.fromEntries(runs) },
  };
}

type Named = Taken & { readonly program: string };

async function makeWanted(
  bench: Workbench,
  origin: Origin,
  { files, sizeBytes, content }: Pick<BesideScenario, 'files' | 'sizeBytes' | 'content'>,
): Promise<readonly Wanted[]> {
  const wanted: Wanted[] = [];
  for (let number = 1; number <= files; number++) {
    const file = await makeFile(bench, `${sizeBytes}-${number}.bin`, sizeBytes, content);
    wanted.push({ url: origin.url(file), file });
  }
  return wanted;
}

/** The memory that a large file takes, over that of a usual one; undefined where the file is none. */
async function flatnessOf(
  bench: Workbench,
  origin: Origin,
  { content, sizeBytes }: BesideScenario,
  { peakBytes }: Taken,
): Promise<{ readonly toUsual: number; readonly words: string } | undefined> {
  if (sizeBytes <= USUAL_BYTES) return undefined;
  const usual = await makeWanted(bench, origin, { files: 1, sizeBytes: USUAL_BYTES, content });
  const { usage } = await runPeer(bench, 'dragonload', usual, { timeoutMs: PATIENCE_MS });
  const toUsual = peakBytes / usage.peakBytes;
  return { toUsual, words: `, memory ${toUsual.toFixed(2)} x that for 1 GiB` };
}

function medians(runs: readonly PeerRun[]): Taken {
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    cpuSeconds: median(runs.map(({ usage }) => usage.cpuSeconds)),
    peakBytes: median(runs.map(({ usage }) => usage.peakBytes)),
  };
}
