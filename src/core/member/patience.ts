import type { ReadonlyBitfield } from '../bitfield.ts';
import type { Run } from '../ranges.ts';

/** Without the origin and without anybody who fetches, a member waits this long for one before it gives up. */
const HOPELESS_MS = 5_000;
/** With nothing to do and nothing arriving for this long, a member that can fetch helps itself. */
const HELP_YOURSELF_MS = 10_000;
/** How much it then takes at a time. */
const OWN_LEASE_PIECES = 4;

/**
 * How long a member waits for others. Nobody may have to wait for a coordinator: one that says nothing, or leaves a
 * piece to a member that never brings it, costs some bytes fetched twice and no more.
 */
export class Patience {
  #progressMs: number;
  #hopelessAtMs: number | undefined;

  constructor(nowMs: number) {
    this.#progressMs = nowMs;
  }

  /** Bytes arrived. */
  progress(nowMs: number): void {
    this.#progressMs = nowMs;
  }

  /** `waiting`: all that this member can do is wait. */
  deadline(waiting: boolean): number | undefined {
    return waiting ? this.#progressMs + HELP_YOURSELF_MS : this.#hopelessAtMs;
  }

  /** Whether it has waited long enough; then it begins to wait anew. */
  isOver(nowMs: number): boolean {
    if (nowMs < this.#progressMs + HELP_YOURSELF_MS) return false;
    this.#progressMs = nowMs;
    return true;
  }

  /** Whether there has been no hope for a while, or nobody is left to hope for. */
  isHopeless(hope: boolean, alone: boolean, nowMs: number): boolean {
    if (hope) {
      this.#hopelessAtMs = undefined;
      return false;
    }
    this.#hopelessAtMs ??= nowMs + HOPELESS_MS;
    return alone || nowMs >= this.#hopelessAtMs;
  }
}

/** What to fetch without being told to. Several members may be in the same position: each begins somewhere else. */
export function runToHelpYourself(
  held: ReadonlyBitfield,
  pieceCount: number,
  random: number,
): Run | undefined {
  const from = Math.floor(random * pieceCount);
  const start = held.firstMissing(from, pieceCount) ?? held.firstMissing(0, from);
  if (start === undefined) return undefined;
  return { start, end: Math.min(held.firstSet(start, pieceCount) ?? pieceCount, start + OWN_LEASE_PIECES) };
}
