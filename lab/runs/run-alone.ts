import { setTimeout as sleep } from 'node:timers/promises';
import type { Workbench } from '../machine/workbench.ts';
import { goodputBytes } from '../network/bound.ts';
import { Topology } from '../network/topology.ts';
import { Member } from '../programs/members.ts';
import { makeFile, Origin, type ServedFile } from '../programs/origin.ts';
import { runPeer } from '../programs/peers.ts';
import type { Row } from '../report/row.ts';
import type { AloneScenario, ResumeScenario } from './scenarios.ts';

interface Shaped {
  readonly topology: Topology;
  readonly origin: Origin;
  readonly file: ServedFile;
}

/** `get` over a shaped link, then aria2 and curl over the same one. */
export async function runAlone(bench: Workbench, name: string, scenario: AloneScenario): Promise<Row> {
  const { topology, origin, file } = await shaped(bench, scenario);
  const place = topology.members[0]!;
  const patienceMs = scenario.seconds * 4000 + 30_000;
  const before = topology.counters()[0]!.wanDown;
  const member = Member.start(bench, { name: 'm0', place, mode: 'get', target: origin.url(file) });
  await member.first('done', patienceMs);
  const exit = await member.ended(20_000);
  const sent = topology.counters()[0]!.wanDown - before;
  await member.verify(file);
  const seconds = (member.doneMs! - member.running.startedMs) / 1000;
  const wanted = [{ url: origin.url(file), file }];
  const aria2 = await runPeer(bench, 'aria2', wanted, { place, timeoutMs: patienceMs });
  const curl = await runPeer(bench, 'curl', wanted, { place, timeoutMs: patienceMs });
  const ratio = (s: number): string => (s / scenario.seconds).toFixed(3);
  return {
    scenario: name,
    measured: `${ratio(seconds)} x bound (${seconds.toFixed(1)} / ${scenario.seconds.toFixed(1)} s)`,
    value: seconds / scenario.seconds,
    limit: { atMost: scenario.atMost },
    originShare: sent / file.sizeBytes,
    ...spent(member),
    exits: [exit],
    beside: `aria2 -x4 ${ratio(aria2.seconds)}, curl ${ratio(curl.seconds)} x bound; CPU ${aria2.usage.cpuSeconds.toFixed(1)} s, ${curl.usage.cpuSeconds.toFixed(1)} s`,
    faults: exit === 0 ? [] : ['exit code'],
    details: { seconds, aria2, curl, sizeBytes: file.sizeBytes },
  };
}

/** `get` over a shaped link, ended by kill -9 at half of the bound and started again: what the origin sent in all. */
export async function runResume(bench: Workbench, name: string, scenario: ResumeScenario): Promise<Row> {
  const { topology, origin, file } = await shaped(bench, scenario);
  const place = topology.members[0]!;
  const start = (): Member =>
    Member.start(bench, { name: 'm0', place, mode: 'get', target: origin.url(file) });
  const before = topology.counters()[0]!.wanDown;
  const first = start();
  await sleep(scenario.seconds * 500);
  first.running.child.kill('SIGKILL');
  const sentBefore = topology.counters()[0]!.wanDown - before;
  if ((await first.ended(5000)) !== 'SIGKILL')
    throw new Error('The first run had ended before half of the bound.');
  const second = start();
  await second.first('done', scenario.seconds * 4000 + 30_000);
  const exit = await second.ended(20_000);
  const sent = topology.counters()[0]!.wanDown - before;
  await second.verify(file);
  const share = sent / file.sizeBytes;
  return {
    scenario: name,
    measured: `${share.toFixed(3)} x file in all, killed at ${(sentBefore / file.sizeBytes).toFixed(2)}`,
    value: share,
    limit: { atMost: scenario.atMost },
    originShare: share,
    ...spent(second),
    exits: ['SIGKILL', exit],
    faults: exit === 0 ? [] : ['exit code'],
    details: {
      sizeBytes: file.sizeBytes,
      sentBefore,
      sent,
      secondRunSeconds: (second.doneMs! - second.running.startedMs) / 1000,
    },
  };
}

async function shaped(bench: Workbench, scenario: { wanMbit: number; seconds: number }): Promise<Shaped> {
  const topology = Topology.build(bench, [{ wanMbit: scenario.wanMbit, lanMbit: 1000 }]);
  const file = await makeFile(
    bench,
    'file.bin',
    Math.round(goodputBytes(scenario.wanMbit) * scenario.seconds) | 1,
  );
  return { topology, file, origin: await Origin.start(bench, topology.origin) };
}

/** The columns of CPU and memory for one member. */
function spent(member: Member): Pick<Row, 'cpuSeconds' | 'peakBytes'> {
  return member.running.usage();
}
