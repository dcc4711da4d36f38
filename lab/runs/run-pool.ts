import { setTimeout as sleep } from 'node:timers/promises';
import type { Workbench } from '../machine/workbench.ts';
import {
  boundSeconds,
  goodputBytes,
  type MemberLinks,
  type Phase,
  phasedBoundSeconds,
} from '../network/bound.ts';
import { Topology } from '../network/topology.ts';
import { Member } from '../programs/members.ts';
import { makeFile, Origin } from '../programs/origin.ts';
import type { Row } from '../report/row.ts';
import { jain } from '../report/stats.ts';
import type { PoolScenario } from './scenarios.ts';

const STARTUP_MS = 20_000;
/** Acknowledgements of a download take 2 to 4% of its bytes; more than this means that pieces went out there. */
const WAN_UP_LIMIT = 0.08;

/** Runs a pool of members from the first process's start to the last `done`. Throws when a file is wrong. */
export async function runPool(bench: Workbench, name: string, scenario: PoolScenario): Promise<Row> {
  const links = scenario.wanMbit.map((wanMbit): MemberLinks => {
    const lan = goodputBytes(scenario.lanMbit);
    return { wanDown: goodputBytes(wanMbit), lanUp: lan, lanDown: lan };
  });
  const late = scenario.atHalf === 'last-joins' ? links.length - 1 : -1;
  const victim = typeof scenario.atHalf === 'object' ? scenario.atHalf.kill : -1;
  const starters = links.filter((_, i) => i !== late);
  // An odd size: the last piece is a short one.
  const sizeBytes = Math.round(scenario.seconds / boundSeconds(1, starters)) | 1;
  const topology = Topology.build(
    bench,
    scenario.wanMbit.map((wanMbit) => ({ wanMbit, lanMbit: scenario.lanMbit })),
  );
  const file = await makeFile(bench, 'file.bin', sizeBytes);
  const origin = await Origin.start(bench, topology.origin);
  const before = topology.counters();

  const host = Member.start(bench, {
    name: 'm0',
    place: topology.members[0]!,
    mode: 'host',
    target: origin.url(file),
  });
  const startMs = host.running.startedMs;
  const members = [host];
  const { link } = await host.first('invite', STARTUP_MS);
  if (link === undefined) throw new Error('The invite has no link.');
  const join = (i: number): void => {
    members[i] = Member.start(bench, {
      name: `m${i}`,
      place: topology.members[i]!,
      mode: 'join',
      target: link,
    });
  };
  for (let i = 1; i < links.length; i++) if (i !== late) join(i);

  const halfMs = startMs + (scenario.seconds * 1000) / 2;
  let sentAtHalf = 0;
  let changeMs = startMs;
  if (scenario.atHalf !== undefined) {
    await sleep(Math.max(0, halfMs - performance.now()));
    if (victim >= 0) {
      members[victim]!.running.child.kill('SIGKILL');
      sentAtHalf = sum(topology.counters().map((c, i) => c.wanDown - before[i]!.wanDown));
    } else join(late);
    changeMs = performance.now();
  }

  const survivors = members.filter((_, i) => i !== victim);
  const patienceMs = scenario.seconds * 4000 + 30_000;
  await Promise.all(survivors.map((member) => member.first('done', patienceMs)));
  const endMs = Math.max(...survivors.map((member) => member.doneMs!));
  const exits = await Promise.all(members.map((member) => member.ended(30_000)));
  const after = topology.counters();
  for (const member of survivors) await member.verify(file);

  let bound: number;
  let seconds = (endMs - startMs) / 1000;
  if (victim >= 0) {
    // Strict: as if all that the origin had sent by then had reached a survivor.
    bound = boundSeconds(
      Math.max(0, sizeBytes - sentAtHalf),
      links.filter((_, i) => i !== victim),
    );
    seconds = (endMs - changeMs) / 1000;
  } else {
    bound = phasedBoundSeconds(sizeBytes, phases(links, late, (changeMs - startMs) / 1000));
    if (late < 0) bound = boundSeconds(sizeBytes, links);
  }
  const carried = after.map((c, i) => ({
    wanDown: c.wanDown - before[i]!.wanDown,
    wanUp: c.wanUp - before[i]!.wanUp,
    lanUp: c.lanUp - before[i]!.lanUp,
  }));
  const faults: string[] = [];
  if (exits.some((exit, i) => i !== victim && exit !== 0)) faults.push('exit code');
  if (sum(carried.map((c) => c.wanUp)) > WAN_UP_LIMIT * sum(carried.map((c) => c.wanDown)))
    faults.push('pieces on the WAN');
  const usage = members.map((member) => member.running.usage());
  const aloneSeconds = sizeBytes / Math.max(...links.map((link) => link.wanDown));
  const left = victim >= 0 ? ' for what was left' : '';
  return {
    scenario: name,
    measured: `${(seconds / bound).toFixed(3)} x bound${left} (${seconds.toFixed(1)} / ${bound.toFixed(1)} s)`,
    value: seconds / bound,
    limit: { atMost: scenario.atMost },
    originShare: sum(carried.map((c) => c.wanDown)) / sizeBytes,
    ...(scenario.originLimit === undefined ? {} : { originLimit: scenario.originLimit }),
    jain: jain(carried.map((c) => c.lanUp)),
    cpuSeconds: sum(usage.map((u) => u.cpuSeconds)),
    peakBytes: Math.max(...usage.map((u) => u.peakBytes)),
    exits,
    ...(victim >= 0
      ? {}
      : {
          beside: `best link alone ≥ ${aloneSeconds.toFixed(0)} s: ${(aloneSeconds / seconds).toFixed(2)} x faster`,
        }),
    faults,
    details: {
      sizeBytes,
      seconds,
      bound,
      carried,
      usage,
      nginxBytes: Object.fromEntries(await origin.sentByClient()),
      doneSeconds: members.map((member) =>
        member.doneMs === undefined ? null : (member.doneMs - startMs) / 1000,
      ),
      claimed: members.map((member) => member.events.find((event) => event.event === 'done')),
    },
  };
}

/** One phase, or a second one from the moment at which the late member joined. */
function phases(links: readonly MemberLinks[], late: number, lateSeconds: number): readonly Phase[] {
  const all = links.map((link, i) => [String(i), link] as const);
  if (late < 0) return [{ fromSeconds: 0, members: new Map(all) }];
  return [
    { fromSeconds: 0, members: new Map(all.filter((_, i) => i !== late)) },
    { fromSeconds: lateSeconds, members: new Map(all) },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
