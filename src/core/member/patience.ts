import type { ReadonlyBitfield } from '../bitfield.ts';
import type { Run } from '../ranges.ts';

/** Without the origin and without anybody who fetches, a member waits this long for one before it gives up. */
const HOPELESS_MS = 5_000;
/** With nothing to do and nothing arriving for this long, a member that can fetch helps itself. */
const HELP_YOURSELF_MS = 10_000;
/** After that, as long as it is given nothing to do, it waits only this long. */
const HELP_AGAIN_MS = 1_000;
/** How much it takes at first; twice as much each further time. */
const OWN_LEASE_PIECES = 4;
const MAX_OWN_LEASE_PIECES = 1_024;

/**
 * How long a member waits for others. Nobody may have to wait for a coordinator: one that says nothing, or leaves a
 * piece to a member that never brings it, costs some bytes fetched twice and no more. Nor may a member that claims to
 * have everything and gives nothing: whoever has waited in vain waits shorter and takes more, until there are leases
 * again.
 */
export class Patience {
  #progressMs: number;
  #helpings = 0;
  #hopelessAtMs: number | undefined;

  constructor(nowMs: number) {
    this.#progressMs = nowMs;
  }

  /** Bytes arrived. */
  progress(nowMs: number): void {
    this.#progressMs = nowMs;
  }

  /** The coordinator has something for this member to do: to wait for it is worth while again. */
  granted(): void {
    this.#helpings = 0;
  }

  /** `waiting`: all that this member can do is wait. */
  deadline(waiting: boolean): number | undefined {
    return waiting ? this.#progressMs + this.#waitMs : this.#hopelessAtMs;
  }

  /** How many pieces to take when it has waited long enough, else 0; then it begins to wait anew. */
  helping(nowMs: number): number {
    if (nowMs < this.#progressMs + this.#waitMs) return 0;
    this.#progressMs = nowMs;
    return Math.min(MAX_OWN_LEASE_PIECES, OWN_LEASE_PIECES * 2 ** this.#helpings++);
  }

  get #waitMs(): number {
    return this.#helpings === 0 ? HELP_YOURSELF_MS : HELP_AGAIN_MS;
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

/**
 * What to fetch without being told to, at most so many pieces. Several members may be in the same position: each
 * begins somewhere else.
 */
export function runToHelpYourself(
  held: ReadonlyBitfield,
  pieceCount: number,
  mostPieces: number,
  random: number,
): Run | undefined {
  const from = Math.floor(random * pieceCount);
  const start = held.firstMissing(from, pieceCount) ?? held.firstMissing(0, from);
  if (start === undefined) return undefined;
  return { start, end: Math.min(held.firstSet(start, pieceCount) ?? pieceCount, start + mostPieces) };
}
