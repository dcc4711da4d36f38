import { Surroundings } from '../machine/surroundings.ts';
import type { Workbench } from '../machine/workbench.ts';
import { Lanes } from '../network/lanes.ts';
import { HERE } from '../network/topology.ts';
import { makeFile, Origin, type ServedFile } from '../programs/origin.ts';
import { type Peer, type PeerRun, runPeer, TooSlow } from '../programs/peers.ts';
import type { Row } from '../report/row.ts';
import { median } from '../report/stats.ts';
import type { CrawlScenario } from './scenarios.ts';

const PATIENCE_MS = 180_000;
/** Of the others' rate. */
const CRAWL_SHARE = 0.01;
/** How much longer than without a crawl the peer may take before it is stopped. */
const PEER_PATIENCE = 4;

/** One file over eight connections, without and with one that crawls, in turn; beside it aria2, once each. */
export async function runCrawl(bench: Workbench, name: string, scenario: CrawlScenario): Promise<Row> {
  const { sizeBytes, rounds, connections } = scenario;
  const file = await makeFile(bench, 'file.bin', sizeBytes);
  const origin = await Origin.start(bench, HERE);
  const args = ['--connections', String(connections)];
  const calm: PeerRun[] = [];
  const crawling: PeerRun[] = [];
  const around = new Surroundings([origin.process.pid]);
  for (let round = 0; round < rounds; round++) {
    calm.push(await fetchOnce(bench, 'dragonload', origin, file, scenario, { args, crawls: false }));
    crawling.push(await fetchOnce(bench, 'dragonload', origin, file, scenario, { args, crawls: true }));
  }
  const { loadBefore, othersShare } = around.disturbance();
  const sent = await origin.sentBytes();
  const [without, withOne] = [calm, crawling].map((runs) => median(runs.map(({ seconds }) => seconds))) as [
    number,
    number,
  ];
  const value = withOne / without;
  const usage = crawling.map((run) => run.usage);
  return {
    scenario: name,
    measured: `${value.toFixed(3)} x without a crawl (${withOne.toFixed(1)} / ${without.toFixed(1)} s, ${rounds} rounds)`,
    value,
    limit: { atMost: scenario.atMost },
    originShare: sent / sizeBytes / rounds / 2,
    cpuSeconds: median(usage.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: Math.max(...usage.map(({ peakBytes }) => peakBytes)),
    exits: [0],
    beside: await besideIt(bench, origin, file, scenario),
    details: { calm, crawling, sizeBytes, loadBefore, othersShare },
  };
}

async function fetchOnce(
  bench: Workbench,
  peer: Peer,
  origin: Origin,
  file: ServedFile,
  { bytesPerSecond, from, sizeBytes, connections }: CrawlScenario,
  options: { readonly args?: readonly string[]; readonly crawls: boolean; readonly timeoutMs?: number },
): Promise<PeerRun> {
  const { args = [], crawls, timeoutMs = PATIENCE_MS } = options;
  const crawl = { afterBytes: sizeBytes * from, bytesPerSecond: bytesPerSecond * CRAWL_SHARE };
  await using lanes = await Lanes.open({
    targetPort: Number(new URL(origin.url(file)).port),
    bytesPerSecond,
    crawl: crawls ? crawl : undefined,
  });
  const url = new URL(origin.url(file));
  url.port = String(lanes.port);
  const run = await runPeer(bench, peer, [{ url: url.href, file }], { args, timeoutMs });
  if (lanes.count < connections) throw new Error(`${peer} opened ${lanes.count} connections`);
  if (crawls && !lanes.hasCrawled) throw new Error('No connection crawled.');
  return run;
}

/** What aria2 makes of the same. */
async function besideIt(
  bench: Workbench,
  origin: Origin,
  file: ServedFile,
  scenario: CrawlScenario,
): Promise<string> {
  const calm = await fetchOnce(bench, 'aria2 -x8', origin, file, scenario, { crawls: false });
  const timeoutMs = calm.seconds * PEER_PATIENCE * 1000;
  const without = `aria2 -x8 ${calm.seconds.toFixed(1)} s without`;
  try {
    const { seconds } = await fetchOnce(bench, 'aria2 -x8', origin, file, scenario, {
      crawls: true,
      timeoutMs,
    });
    return `${without}, ${(seconds / calm.seconds).toFixed(2)} x with`;
  } catch (thrown) {
    if (!(thrown instanceof TooSlow)) throw thrown;
    return `${without}, more than ${PEER_PATIENCE} x with`;
  }
}
