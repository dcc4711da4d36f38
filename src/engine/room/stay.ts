/** Whoever invites waits this long, in milliseconds, after everything is done here. */
export const HOST_STAY_MS = 10 * 60_000;
/** Whoever makes no progress for this long, in milliseconds, is not waited for. */
const STUCK_MS = 60_000;
/** Somebody on a list that everybody has is waited for this long, in milliseconds, after everything is done here. */
export const LATECOMER_MS = 30_000;

/** What a member stays for when everything is done here. */
export type StaysFor =
  /** Until it is stopped. */
  | { readonly for: 'stop' }
  /** Somebody present who still needs pieces. */
  | { readonly for: 'members' }
  /** Somebody who may be on the way, until this time of the clock that `Stay` is given. */
  | { readonly for: 'joiners'; readonly untilMs: number };

export interface StayOptions {
  /** Others were asked to come: how many are expected, and how long they are waited for. */
  readonly awaits: { readonly members: number; readonly forMs: number } | undefined;
  /** Stay until stopped. */
  readonly stay: boolean;
  /** Leave as soon as everything is done here, whoever needs it. */
  readonly leave: boolean;
}

/** How a room looks when everything is done here. */
export interface Presence {
  /** How many others have been seen by now, present or gone. */
  readonly seen: () => number;
  /**
   * How long those present who lack pieces have made no progress, in milliseconds: whoever made some most recently counts.
   * Undefined when nobody lacks anything.
   */
  readonly neededIdleMs: number | undefined;
}

/**
 * Decides how long a member stays after everything is done here. A joiner leaves when nobody present needs it. Whoever
 * opened the room has promised its invite to people who are still on their way: until the first of them has come it waits
 * for ten minutes. `nowMs` never goes back.
 */
export class Stay {
  readonly #options: StayOptions;
  /** When everything was done here. */
  #doneMs: number | undefined;

  constructor(options: StayOptions) {
    this.#options = options;
  }

  /** Everything is done here: what to stay for now; undefined: leave. */
  look({ seen, neededIdleMs }: Presence, nowMs: number): StaysFor | undefined {
    this.#doneMs ??= nowMs;
    const { stay, leave, awaits } = this.#options;
    if (leave) return undefined;
    if (stay) return { for: 'stop' };
    if (neededIdleMs !== undefined && neededIdleMs < STUCK_MS) return { for: 'members' };
    if (awaits === undefined) return undefined;
    const untilMs = this.#doneMs + awaits.forMs;
    if (nowMs >= untilMs) return undefined;
    // One that has come and is stuck, or has yet to be asked whether it wants the file, was invited too.
    if (neededIdleMs !== undefined) return { for: 'members' };
    return seen() < awaits.members ? { for: 'joiners', untilMs } : undefined;
  }

  /** There is something to do again. */
  resumed(): void {
    this.#doneMs = undefined;
  }
}
