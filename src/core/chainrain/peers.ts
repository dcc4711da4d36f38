import type { MemberId } from '../ids.ts';
import type { PullPeer } from './policy.ts';
import { queueBytesFor } from './policy.ts';

/** What is remembered of a rate fades with this time constant, in milliseconds. */
const MEMORY_MS = 2000;
/** Where the measured time begins, so that a first packet does not pass for a rate. */
const DOUBT_MS = 20;
/** A pull that gets nothing for this long is given up, or later where the peer's rate explains the wait. */
const MIN_PATIENCE_MS = 2000;
const MAX_PATIENCE_MS = 30_000;
/** How many times the expected wait is waited. */
const PATIENCE_FACTOR = 4;
/** Taken for the rate of a peer that has not sent anything yet, in bytes per second: low, to be patient. */
const UNKNOWN_RATE = 1_000_000;
/** A peer is left alone for this long after its first failure in a row, then twice as long each time. */
const BACKOFF_MS = { stalled: 4000, broken: 1000, refused: 500 } as const;
const MAX_BACKOFF_MS = 30_000;

/** How a pull ended. `stalled`: it was given up for want of progress. */
export type PullEnd = 'complete' | 'stopped' | 'broken' | 'refused' | 'stalled';

interface Pull {
  leftBytes: number;
  /** When it last got on, or began. */
  progressMs: number;
}

/**
 * What is under way from one peer, how fast the peer is, and whether to leave it alone for now. The rate is measured
 * over the time in which something was asked of it, so that a peer which is seldom asked does not seem slow.
 */
export class PullTracker {
  readonly #pulls = new Map<number, Pull>();
  #queuedBytes = 0;
  // Bytes and busy milliseconds, both fading: their quotient is the rate.
  #bytes = 0;
  #busyMs = 0;
  #fadedMs = 0;
  /** The rate when it last sent something: a stall must not make for more patience. */
  #provenRate = 0;
  #failures = 0;
  #avoidedUntilMs = 0;

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get activePulls(): number {
    return this.#pulls.size;
  }

  /** The pulls under way, oldest first. */
  get pulls(): IterableIterator<number> {
    return this.#pulls.keys();
  }

  start(pull: number, bytes: number, nowMs: number): void {
    this.#fade(nowMs);
    if (this.#bytes === 0) this.#busyMs = DOUBT_MS;
    this.#pulls.set(pull, { leftBytes: bytes, progressMs: nowMs });
    this.#queuedBytes += bytes;
  }

  /** Bytes of a pull have arrived. */
  progress(pull: number, bytes: number, nowMs: number): void {
    this.#fade(nowMs);
    this.#bytes += bytes;
    this.#provenRate = this.#measured();
    const known = this.#pulls.get(pull);
    if (known === undefined) return;
    const counted = Math.min(bytes, known.leftBytes);
    known.leftBytes -= counted;
    known.progressMs = nowMs;
    this.#queuedBytes -= counted;
  }

  /** A pull is over. One that is unknown, because it was given up before, changes nothing. */
  end(pull: number, how: PullEnd, nowMs: number): void {
    const known = this.#pulls.get(pull);
    if (known === undefined) return;
    this.#fade(nowMs);
    this.#pulls.delete(pull);
    this.#queuedBytes -= known.leftBytes;
    if (how === 'complete') this.#failures = 0;
    else if (how !== 'stopped') this.avoid(how, nowMs);
  }

  /** Leaves the peer alone for a while, the longer the more often in a row. What is under way goes on. */
  avoid(how: keyof typeof BACKOFF_MS, nowMs: number): void {
    // Several pulls that fail together are one failure.
    if (nowMs < this.#avoidedUntilMs) return;
    this.#avoidedUntilMs = nowMs + Math.min(BACKOFF_MS[how] * 2 ** this.#failures, MAX_BACKOFF_MS);
    this.#failures++;
  }

  /** What the peer sends while it is asked for something, in bytes per second; 0 while unknown. */
  rate(nowMs: number): number {
    this.#fade(nowMs);
    return this.#measured();
  }

  /** Bytes that it has sent in about the last two seconds. */
  recentBytes(nowMs: number): number {
    this.#fade(nowMs);
    return this.#bytes;
  }

  /** Whether it failed just now and is not to be asked. */
  isAvoided(nowMs: number): boolean {
    return nowMs < this.#avoidedUntilMs;
  }

  /** Pulls that have got nothing for too long: stop them, and tell `end` that they stalled. */
  stalled(nowMs: number): number[] {
    // The same sum as in `deadline`: a difference could be rounded to the other side of it.
    const patienceMs = this.#patienceMs();
    return [...this.#pulls].filter(([, pull]) => pull.progressMs + patienceMs <= nowMs).map(([id]) => id);
  }

  /** When, at the earliest, a pull stalls or the peer may be asked again. */
  deadline(nowMs: number): number | undefined {
    let deadline = this.isAvoided(nowMs) ? this.#avoidedUntilMs : Number.POSITIVE_INFINITY;
    const patienceMs = this.#pulls.size === 0 ? 0 : this.#patienceMs();
    for (const pull of this.#pulls.values()) deadline = Math.min(deadline, pull.progressMs + patienceMs);
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  /** The peer as `choosePulls` wants to see it. `useful` and `has`: see `Availability`. */
  asPeer(
    id: MemberId,
    pieceBytes: number,
    holds: { readonly useful: number; has(piece: number): boolean },
    nowMs: number,
  ): PullPeer {
    const rate = this.rate(nowMs);
    return {
      id,
      queuedBytes: this.#queuedBytes,
      activePulls: this.#pulls.size,
      maxQueueBytes: queueBytesFor(rate, pieceBytes),
      rate,
      recentBytes: this.#bytes,
      useful: holds.useful,
      has: (piece) => holds.has(piece),
    };
  }

  #fade(nowMs: number): void {
    const passedMs = nowMs - this.#fadedMs;
    if (passedMs <= 0) return;
    this.#fadedMs = nowMs;
    const kept = Math.exp(-passedMs / MEMORY_MS);
    this.#bytes *= kept;
    this.#busyMs = this.#busyMs * kept + (this.#pulls.size > 0 ? passedMs : 0);
  }

  #measured(): number {
    // After a long idle time both have faded to nothing, and the last word counts.
    return this.#busyMs < 1e-3 ? this.#provenRate : (1000 * this.#bytes) / this.#busyMs;
  }

  #patienceMs(): number {
    const expectedMs = (1000 * this.#queuedBytes) / (this.#provenRate || UNKNOWN_RATE);
    return Math.min(Math.max(PATIENCE_FACTOR * expectedMs, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
  }
}
