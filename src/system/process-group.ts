import type { ChildProcess } from 'node:child_process';

/**
 * Options for `spawn` that put a child into a process group of its own, out of reach of a Ctrl-C at the terminal. Not
 * on Windows, where that would open a window; there a child without a window has a console of its own anyway.
 */
export const OWN_GROUP = { detached: process.platform !== 'win32', windowsHide: true } as const;

/** Sends a signal to a child started with `OWN_GROUP` and to the processes that it started. No effect after its end. */
export function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
