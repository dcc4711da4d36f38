import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells a process from every other, this machine's earlier and later ones included. */
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
 * When a process began, in a form of this machine's own that is only good for comparing; undefined where it cannot be
 * told: on Windows, and for processes that have ended or are hidden.
 */
export function beganAt(pid: number): string | undefined {
  if (process.platform === 'linux') return statOf(pid)?.began;
  return process.platform === 'win32' ? undefined : startedByPs(pid);
}

/**
 * Whether the process that left this mark lives. A number that now belongs to a process that began at another time is
 * not it, and neither is one that has ended and that nobody has asked for yet. One of another machine is taken to be
 * alive: over a shared home directory nobody can tell. A machine is known by its boot, where that can be told, else by
 * its name.
 */
export function isAlive({ pid, began, host }: Partial<ProcessMark>): boolean {
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return false;
  // A machine changes its name with the network; its boot stays the same.
  if (host !== hostname() && !isOfThisBoot(began)) return true;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it lives, and belongs to somebody else.
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

/** Whether the process began since this machine was started; false where that cannot be told. */
function isOfThisBoot(began: string | undefined): boolean {
  const mine = beganAt(process.pid);
  const [id] = mine?.split('/') ?? [];
  return process.platform === 'linux' && id !== undefined && began?.startsWith(`${id}/`) === true;
}

/** Linux: the boot, and fields 3 (state) and 22 (start time in ticks since boot) of `/proc/PID/stat`: proc_pid_stat(5). */
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

/** macOS and the BSDs: ps(1), whose `lstart` is the time of day that the kernel noted when the process began. */
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
