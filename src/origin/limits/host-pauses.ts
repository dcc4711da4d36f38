/** Hosts remembered at once; beyond that, pauses that are over are forgotten, then the oldest ones. */
const MAX_HOSTS = 1024;

/**
 * Which hosts have asked for a pause (429 or 503 with Retry-After, RFC 9110, 10.2.3) and until when. One for a process:
 * what a host told one download holds for all of them. Times are of one clock that never goes back, in milliseconds.
 */
export class HostPauses {
  readonly #untilMs = new Map<string, number>();

  /** Starts a pause of `host`. A longer pause that has begun already stays. */
  pause(host: string, pauseMs: number, nowMs: number): void {
    if (pauseMs <= 0) return;
    const untilMs = Math.max(nowMs + pauseMs, this.#untilMs.get(host) ?? 0);
    this.#untilMs.delete(host);
    this.#untilMs.set(host, untilMs);
    if (this.#untilMs.size <= MAX_HOSTS) return;
    for (const [other, until] of this.#untilMs) if (until <= nowMs) this.#untilMs.delete(other);
    for (const other of this.#untilMs.keys()) {
      if (this.#untilMs.size <= MAX_HOSTS) break;
      this.#untilMs.delete(other);
    }
  }

  /** How long the pause of `host` still lasts; 0 when it may be asked. */
  leftMs(host: string, nowMs: number): number {
    return Math.max(0, (this.#untilMs.get(host) ?? 0) - nowMs);
  }

  /** Forgets all pauses: on another network this machine has another address, which no host has asked to pause. */
  clear(): void {
    this.#untilMs.clear();
  }
}

/** Thrown in place of sending a request to a host that has asked for a pause. */
export class HostPaused extends Error {
  readonly leftMs: number;

  constructor(host: string, leftMs: number) {
    super(`${host} has asked for a pause`);
    this.leftMs = leftMs;
  }
}
