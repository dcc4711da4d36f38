import type { ReadonlyBitfield } from '../bitfield.ts';
import type { Run } from '../ranges.ts';

/** Without the origin a member gives up after this long: with others there that do not fetch, with others to be found, alone. */
const HOPELESS_MS = { present: 5_000, lost: 30_000, none: 0 } as const;
/** With nothing to do and nothing arriving for this long, a member that can fetch helps itself. */
const HELP_YOURSELF_MS = 10_000;
/** After that, as long as it is given nothing to do, it waits only this long. */
const HELP_AGAIN_MS = 1_000;
/** With longer than this to wait for what the others hold, a member with an idle link fetches some of it again. */
const SLOW_LAN_SECONDS = 15;
/** It must have been idle for this long, and its link bring at least this share of what the LAN does. */
const IDLE_MS = 1_000;
const WORTHWHILE_SHARE = 0.75;
/** And then it takes what its link brings in this time. */
const SLOW_LAN_LEASE_SECONDS = 2;
/** How much it takes at first; twice as much each further time. */
const OWN_LEASE_PIECES = 4;
const MAX_OWN_LEASE_PIECES = 1_024;

/** Who else is in the room: `lost` when nobody is and somebody may come, or come back. */
export type PeerPresence = 'present' | 'lost' | 'none';

/** `link`: nobody can bring what is missing, unless somebody has a fresh link. */
export type Outlook = 'good' | 'link' | 'none';

/** How it goes for a member; rates in bytes per second. */
export interface IdleState {
  /** Whether all that it can do is wait for others. */
  readonly waiting: boolean;
  readonly missingBytes: number;
  readonly lanRate: number;
  /** What its own link brought when it was last used. */
  readonly originRate: number;
  readonly pieceBytes: number;
}

/**
 * How long a member waits for others. Nobody may have to wait for a coordinator: one that says nothing, or leaves a
 * piece to a member that never brings it, costs some bytes fetched twice and no more. Nor may a member that claims to
 * have everything and gives nothing: whoever has waited in vain waits shorter and takes more, until there are leases
 * again.
 */
export class Patience {
  #progressMs: number;
  #helpings = 0;
  #hopelessSinceMs: number | undefined;
  #hopelessAtMs: number | undefined;
  #idleSinceMs: number | undefined;

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
  selfLeaseSize(nowMs: number): number {
    if (nowMs < this.#progressMs + this.#waitMs) return 0;
    this.#progressMs = nowMs;
    return Math.min(MAX_OWN_LEASE_PIECES, OWN_LEASE_PIECES * 2 ** this.#helpings++);
  }

  /**
   * How many pieces to fetch once more because those who hold them send so slowly, else 0. Where the members' uplinks
   * are what all wait for, this is optimal: time >= N F / (W + sum of uplinks) (see docs/decisions/0007).
   */
  helpingOut(pace: IdleState, nowMs: number): number {
    if (!pace.waiting) this.#idleSinceMs = undefined;
    else this.#idleSinceMs ??= nowMs;
    if (this.#idleSinceMs === undefined || nowMs < this.#idleSinceMs + IDLE_MS) return 0;
    const { missingBytes, lanRate, originRate, pieceBytes } = pace;
    if (originRate === 0 || originRate < lanRate * WORTHWHILE_SHARE) return 0;
    if (missingBytes < lanRate * SLOW_LAN_SECONDS) return 0;
    return Math.min(
      MAX_OWN_LEASE_PIECES,
      Math.max(1, Math.floor((originRate * SLOW_LAN_LEASE_SECONDS) / pieceBytes)),
    );
  }

  get #waitMs(): number {
    return this.#helpings === 0 ? HELP_YOURSELF_MS : HELP_AGAIN_MS;
  }

  /** `none` when there has been nothing to hope for a while, or nobody is left. `linkPatienceMs`: how long to wait for a fresh link. */
  outlook(isGood: boolean, company: PeerPresence, linkPatienceMs: number, nowMs: number): Outlook {
    if (isGood) {
      this.#hopelessSinceMs = undefined;
      this.#hopelessAtMs = undefined;
      return 'good';
    }
    this.#hopelessSinceMs ??= nowMs;
    const nobodyMs = this.#hopelessSinceMs + HOPELESS_MS[company];
    const endMs = Math.max(nobodyMs, this.#hopelessSinceMs + linkPatienceMs);
    this.#hopelessAtMs = nowMs < nobodyMs ? nobodyMs : endMs;
    if (nowMs >= endMs) return 'none';
    return nowMs >= nobodyMs ? 'link' : 'good';
  }
}

/**
 * What to fetch without being told to, at most so many pieces. Several members may be in the same position: each
 * begins somewhere else.
 */
export function runForSelfLease(
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
