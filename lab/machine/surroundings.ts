import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseCpuTicks, parseReapedTicks } from './measure.ts';

/** What else the machine did while something was measured. */
export interface Disturbance {
  /** The load average of one minute when it began. */
  readonly loadBefore: number;
  /** Share of all processors' time that processes took which the lab had not started, from 0 to 1. */
  readonly othersShare: number;
}

/** Ticks of all processors since some time. */
export interface MachineTicks {
  readonly all: number;
  /** In processes, user and system; interrupts are nobody's. */
  readonly inProcesses: number;
}

/**
 * Watches how much of the machine others take: figures of a machine that is busy otherwise say little. Counts from when it
 * is made. `servers`: processes of the lab that run all the time.
 */
export class Surroundings {
  readonly #servers: readonly number[];
  readonly #loadBefore = loadavg()[0] ?? 0;
  readonly #machine = machineNow();
  readonly #own: number;

  constructor(servers: readonly number[]) {
    this.#servers = servers;
    this.#own = this.#ownTicks();
  }

  /** Until now. */
  disturbance(): Disturbance {
    const othersShare = shareOfOthers(this.#machine, machineNow(), this.#ownTicks() - this.#own);
    return { loadBefore: this.#loadBefore, othersShare };
  }

  /** Of the lab, its servers, and its children that have ended. */
  #ownTicks(): number {
    const self = readFileSync('/proc/self/stat', 'latin1');
    const servers = this.#servers.map((pid) => parseCpuTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    return parseCpuTicks(self) + parseReapedTicks(self) + servers.reduce((sum, ticks) => sum + ticks, 0);
  }
}

/** What was not our own between two looks, over all there was. */
export function shareOfOthers(before: MachineTicks, after: MachineTicks, ownTicks: number): number {
  const others = Math.max(0, after.inProcesses - before.inProcesses - ownTicks);
  return others / Math.max(1, after.all - before.all);
}

function machineNow(): MachineTicks {
  return parseMachineTicks(readFileSync('/proc/stat', 'latin1'));
}

/** The first line of `/proc/stat` (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
export function parseMachineTicks(stat: string): MachineTicks {
  const fields = /^cpu +([\d ]+)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const [user = 0, nice = 0, system = 0] = fields;
  // Guests are counted within user and nice.
  const all = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { all, inProcesses: user + nice + system };
}
