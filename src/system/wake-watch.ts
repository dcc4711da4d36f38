import { networkInterfaces, uptime } from 'node:os';
import { type Interfaces, type NetworkChange, networkChange, networkWays } from './network-change.ts';
import { type Clocks, WakeDetector } from './wake-detector.ts';

/** How often the clocks and the interfaces are read, in milliseconds. */
const INTERVAL_MS = 3_000;

export interface WakeWatchOptions {
  /** The machine was asleep for about `sleptMs` and is awake again. Its network may take a while to return. */
  readonly onWake: (sleptMs: number) => void;
  /** The connections of the machine to networks have changed. */
  readonly onNetworkChange: (change: NetworkChange) => void;
  readonly intervalMs?: number;
  readonly readClocks?: () => Clocks;
  readonly readInterfaces?: () => Interfaces;
}

/**
 * Calls back when the machine has woken up and when its network has changed, within 3 s, until disposed of. It costs
 * next to nothing, and keeps no process alive. `WakeDetector` and `networkWays` decide what counts.
 */
export function watchWake({
  onWake,
  onNetworkChange,
  intervalMs = INTERVAL_MS,
  readClocks = clocks,
  readInterfaces = networkInterfaces,
}: WakeWatchOptions): Disposable {
  const detector = new WakeDetector(intervalMs, process.platform === 'linux', readClocks());
  let ways = waysBy(readInterfaces);
  const timer = setInterval(() => {
    const sleptMs = detector.read(readClocks());
    const now = waysBy(readInterfaces);
    const change = ways === undefined || now === undefined ? undefined : networkChange(ways, now);
    ways = now ?? ways;
    if (sleptMs > 0) onWake(sleptMs);
    if (change !== undefined) onNetworkChange(change);
  }, intervalMs);
  timer.unref();
  return {
    [Symbol.dispose](): void {
      clearInterval(timer);
    },
  };
}

/** Undefined where the system does not report it, as on Android. */
function waysBy(readInterfaces: () => Interfaces): ReadonlySet<string> | undefined {
  try {
    return networkWays(readInterfaces());
  } catch {
    return undefined;
  }
}

function clocks(): Clocks {
  return {
    monotonicMs: performance.now(),
    bootMs: bootClock(),
    wallMs: Date.now(),
    busyMs: busyClock(),
  };
}

/** libuv takes it from CLOCK_BOOTTIME or /proc/uptime on Linux, kern.boottime on macOS, GetTickCount64 on Windows. */
function bootClock(): number | undefined {
  try {
    return uptime() * 1000;
  } catch {
    return undefined;
  }
}

/** 0 where the system does not report it: there, a thread that was busy for long may count as a machine asleep. */
function busyClock(): number {
  try {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  } catch {
    return 0;
  }
}
