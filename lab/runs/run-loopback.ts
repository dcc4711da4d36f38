import { rmSync } from 'node:fs';
import type { Workbench } from '../machine/workbench.ts';
import { HERE } from '../network/topology.ts';
import { Member, PROGRAM } from '../programs/members.ts';
import { makeFile, Origin } from '../programs/origin.ts';
import { runPeer } from '../programs/peers.ts';
import type { Row } from '../report/row.ts';
import { median } from '../report/stats.ts';
import type { LoopbackScenario } from './scenarios.ts';

const PATIENCE_MS = 120_000;

/** `get` and aria2 in turn from a local nginx, from process start to process end; ours with checking, aria2's without. */
export async function runPaired(bench: Workbench, name: string, scenario: LoopbackScenario): Promise<Row> {
  const file = await makeFile(bench, 'file.bin', scenario.sizeBytes);
  const origin = await Origin.start(bench, HERE);
  const ours: number[] = [];
  const aria2: number[] = [];
  let cpuSeconds = 0;
  let peakBytes = 0;
  for (let round = 0; round < scenario.rounds; round++) {
    const get = await runGet(bench, `m${round}`, origin.url(file));
    await get.member.verify(file);
    ours.push(get.seconds);
    cpuSeconds += get.member.running.usage().cpuSeconds / scenario.rounds;
    peakBytes = Math.max(peakBytes, get.member.running.usage().peakBytes);
    rmSync(bench.path(`m${round}`), { recursive: true });
    const wanted = [{ url: origin.url(file), file }];
    aria2.push((await runPeer(bench, 'aria2', wanted, { timeoutMs: PATIENCE_MS })).seconds);
  }
  const value = median(ours) / median(aria2);
  return {
    scenario: name,
    measured: `${value.toFixed(2)} x aria2 -x4 (${median(ours).toFixed(2)} s, ${mbPerSecond(file.sizeBytes, median(ours))} MB/s)`,
    value,
    limit: { atMost: 1 },
    originShare:
      ((await origin.sentBytes()) - file.sizeBytes * scenario.rounds) / (file.sizeBytes * scenario.rounds),
    cpuSeconds,
    peakBytes,
    exits: [0],
    beside: `aria2 -x4 ${median(aria2).toFixed(2)} s, ${mbPerSecond(file.sizeBytes, median(aria2))} MB/s`,
    details: { ours, aria2, sizeBytes: file.sizeBytes },
  };
}

/** Peak memory of one `get` of a large file of zeros. */
export async function runMemory(bench: Workbench, name: string, scenario: LoopbackScenario): Promise<Row> {
  const file = await makeFile(bench, 'file.bin', scenario.sizeBytes, 'sparse');
  const origin = await Origin.start(bench, HERE);
  const { member, seconds } = await runGet(bench, 'm0', origin.url(file));
  await member.verify(file);
  const { peakBytes, cpuSeconds } = member.running.usage();
  return {
    scenario: name,
    measured: `${(peakBytes / 1e6).toFixed(0)} MB for ${(file.sizeBytes / 2 ** 30).toFixed(2)} GiB (${seconds.toFixed(1)} s)`,
    value: peakBytes / 1e6,
    limit: { atMost: 200 },
    originShare: (await origin.sentBytes()) / file.sizeBytes,
    cpuSeconds,
    peakBytes,
    exits: [0],
  };
}

/** How long `--help` takes. */
export async function runHelp(bench: Workbench, name: string, scenario: LoopbackScenario): Promise<Row> {
  const times: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < scenario.rounds; round++) {
    times.push(await timed(bench, [process.execPath, PROGRAM, '--help']));
    bare.push(await timed(bench, [process.execPath, '-e', '0']));
  }
  return {
    scenario: name,
    measured: `${median(times).toFixed(0)} ms (median of ${times.length})`,
    value: median(times),
    limit: { atMost: 150 },
    beside: `node -e 0: ${median(bare).toFixed(0)} ms`,
    details: { times, bare },
  };
}

/** How long `get` of a very small file takes, from process start to process end. */
export async function runTiny(bench: Workbench, name: string, scenario: LoopbackScenario): Promise<Row> {
  const file = await makeFile(bench, 'file.bin', scenario.sizeBytes);
  const origin = await Origin.start(bench, HERE);
  const times: number[] = [];
  // The first run makes the identity of the install; the others find it, as a user's would.
  for (let round = 0; round <= scenario.rounds; round++) {
    const { member, seconds } = await runGet(bench, 'm0', origin.url(file));
    await member.verify(file);
    rmSync(bench.path('m0', 'files'), { recursive: true });
    times.push(seconds * 1000);
  }
  const fresh = times.shift()!;
  const curl = await runPeer(bench, 'curl', [{ url: origin.url(file), file }], { timeoutMs: PATIENCE_MS });
  return {
    scenario: name,
    measured: `${median(times).toFixed(0)} ms (median of ${times.length})`,
    value: median(times),
    limit: { atMost: 400 },
    beside: `first run of an install ${fresh.toFixed(0)} ms; curl ${(curl.seconds * 1000).toFixed(0)} ms`,
    details: { times, fresh },
  };
}

async function runGet(
  bench: Workbench,
  name: string,
  url: string,
): Promise<{ member: Member; seconds: number }> {
  const member = Member.start(bench, { name, mode: 'get', target: url });
  await member.first('done', PATIENCE_MS);
  const exit = await member.ended(20_000);
  const seconds = (performance.now() - member.running.startedMs) / 1000;
  if (exit !== 0) throw new Error(`get ended with ${exit}: ${bench.tail(`${name}.log`)}`);
  return { member, seconds };
}

async function timed(bench: Workbench, argv: readonly string[]): Promise<number> {
  const running = bench.start(argv, { log: 'timed.log' });
  const exit = await running.exited;
  if (exit !== 0) throw new Error(`${argv.join(' ')} ended with ${exit}: ${bench.tail('timed.log')}`);
  return performance.now() - running.startedMs;
}

function mbPerSecond(bytes: number, seconds: number): string {
  return (bytes / seconds / 1e6).toFixed(0);
}
