import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Identifies a process among all others, also earlier and later ones of this machine. */
export interface ProcessMark {
  readonly pid: number;
  /** See `beganAt`. */
  readonly began: string | undefined;
  /** The machine's name. */
  readonly host: string;
}

let own: ProcessMark | undefined;
let boot: string | undefined;

/** The mark of this process. */
export function thisProcess(): ProcessMark {
  own ??= { pid: process.pid, began: beganAt(process.pid), host: hostname() };
  return own;
}

/**
 * When a process started, in a form of this machine that is only good for comparing; undefined where it is not known:
 * on Windows, and for processes that have ended or are hidden.
 */
export function beganAt(pid: number): string | undefined {
  if (process.platform === 'linux') return statOf(pid)?.began;
  return process.platform === 'win32' ? undefined : startedByPs(pid);
}

/**
 * Whether the process with this mark is alive. A process with the same number that started at another time is another
 * one, and a process that has ended but was not yet waited for is dead. A process of another machine counts as alive,
 * since a shared home directory does not show that. A machine is identified by its boot, where that is known, else by
 * its name.
 */
export function isAlive({ pid, began, host }: Partial<ProcessMark>): boolean {
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return false;
  // A machine changes its name with the network; its boot stays the same.
  if (host !== hostname() && !isOfThisBoot(began)) return true;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it is alive, and belongs to another user.
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (process.platform === 'linux') {
    const now = statOf(pid);
    if (now?.state === 'Z' || now?.state === 'X') return false;
    return began === undefined || now === undefined || began === now.began;
  }
  const now = began === undefined ? undefined : beganAt(pid);
  return now === undefined || began === now;
}

/** Whether the process started after this machine did; false where that is not known. */
function isOfThisBoot(began: string | undefined): boolean {
  const mine = beganAt(process.pid);
  const [id] = mine?.split('/') ?? [];
  return process.platform === 'linux' && id !== undefined && began?.startsWith(`${id}/`) === true;
}

/**
 * Linux: the boot, and fields 3 (state) and 22 (start time in ticks since boot) of `/proc/PID/stat`: proc_pid_stat(5).
 */
function statOf(pid: number): { readonly state: string | undefined; readonly began: string } | undefined {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything, brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields[19];
    return ticks === undefined ? undefined : { state: fields[0], began: `${boot}/${ticks}` };
  } catch {
    return undefined;
  }
}

/** macOS and the BSDs: ps(1), whose `lstart` is the time of day at which the process started. */
function startedByPs(pid: number): string | undefined {
  try {
    const text = execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2_000,
    });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}
