import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process has used: CPU seconds (user and system, all threads) and its largest resident set in bytes. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const SAMPLE_MS = 100;
/** For processes that last no longer than that. */
export const SHORT_SAMPLE_MS = 20;
let ticks: number | undefined;

/** Clock ticks a second of `/proc/<pid>/stat`; 100 on every common Linux. */
function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  return ticks;
}

/**
 * Samples `/proc` for one process, by default ten times a second, since nothing is left to read once it is gone; so the last
 * tenth of a second can be missing from the CPU time. The kernel keeps the peak of memory itself.
 */
export class ProcessMeter {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #usage: Usage = { cpuSeconds: 0, peakBytes: 0 };

  constructor(pid: number, sampleMs = SAMPLE_MS) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), sampleMs).unref();
  }

  usage(): Usage {
    this.#sample();
    return this.#usage;
  }

  stop(): void {
    this.#sample();
    clearInterval(this.#timer);
  }

  #sample(): void {
    try {
      const cpuSeconds = parseCpuTicks(readFileSync(`/proc/${this.#pid}/stat`, 'latin1')) / ticksPerSecond();
      const peakBytes = parsePeakBytes(readFileSync(`/proc/${this.#pid}/status`, 'latin1'));
      if (cpuSeconds >= this.#usage.cpuSeconds)
        this.#usage = { cpuSeconds, peakBytes: peakBytes ?? this.#usage.peakBytes };
    } catch {
      // The process is gone: what was seen last stands.
    }
  }
}

/** User and system time of `/proc/<pid>/stat`, in ticks (proc_pid_stat(5), fields 14 and 15). */
export function parseCpuTicks(stat: string): number {
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** User and system time of children that have ended and were waited for, in ticks (fields 16 and 17). */
export function parseReapedTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

/** CPU seconds of all children of this process that have ended: unlike samples, to the end. */
export function reapedCpuSeconds(): number {
  return parseReapedTicks(readFileSync('/proc/self/stat', 'latin1')) / ticksPerSecond();
}

/** `VmHWM` of `/proc/<pid>/status` in bytes; a zombie has none. */
export function parsePeakBytes(status: string): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match === null ? undefined : Number(match[1]) * 1024;
}
