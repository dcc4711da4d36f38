/** Something that lasts. All times are virtual milliseconds since the world began. */
export interface Window {
  readonly atMs: number;
  readonly forMs: number;
}

/** A process ends without a word. */
export interface Death {
  readonly atMs: number;
  /** The machine vanishes: the others learn it by timeouts only. Otherwise their connections are reset at once. */
  readonly silent: boolean;
  /** It comes back with the same identity after so long; undefined: never. */
  readonly rejoinAfterMs: number | undefined;
  /** What it had is gone when it comes back. */
  readonly wiped: boolean;
}

/**
 * Everything that goes wrong in a world. Members are named by their place in the scenario.
 * An empty `faults` is a world where nothing goes wrong.
 */
export interface Faults {
  readonly kill?: readonly (Death & { readonly member: number })[];
  /** Kills whoever coordinates at that moment, if somebody is left to go on. */
  readonly killCoordinator?: readonly Death[];
  /** Says goodbye and goes. */
  readonly leave?: readonly { readonly member: number; readonly atMs: number }[];
  /** Arrives late instead of at the beginning. */
  readonly join?: readonly { readonly member: number; readonly atMs: number }[];
  /** Its network stands still and nobody is told. `forMs` may be infinite. */
  readonly stall?: readonly (Window & { readonly member: number })[];
  /** Its link to the origin runs at `factor` of its rate. */
  readonly slow?: readonly (Window & { readonly member: number; readonly factor: number })[];
  /** Members reach only those of their own group; those in no group form one. */
  readonly partition?: readonly (Window & { readonly groups: readonly (readonly number[])[] })[];
  /** Serves wrong bytes for this share of the pieces it relays; with `fragments` also for unfinished pieces. */
  readonly corrupt?: readonly {
    readonly member: number;
    readonly share: number;
    readonly fragments: boolean;
  }[];
  readonly originSlow?: readonly (Window & { readonly factor: number })[];
  /** Turns new requests away with Retry-After (undefined: without). */
  readonly originBusy?: readonly (Window & { readonly retryAfterMs: number | undefined })[];
  /** Breaks streams that begin in this time with this probability, somewhere. */
  readonly originBroken?: readonly (Window & { readonly chance: number })[];
  /** Requests of this time are served by connections that crawl at `factor` of a fair share, with this probability, to their end. */
  readonly originCrawl?: readonly (Window & { readonly chance: number; readonly factor: number })[];
  /** From then on one connection of a member, the so-manieth that is open or else the next one opened, crawls like that. */
  readonly connectionCrawl?: readonly {
    readonly member: number;
    readonly atMs: number;
    /** From 0, the oldest. */
    readonly which: number;
    readonly factor: number;
  }[];
  /** The link expires: new requests are turned away until, `forMs` later, one member is given a fresh link by its user. */
  readonly linkExpired?: readonly (Window & { readonly member: number })[];
  /** The connections of a member to the origin are dead from then on; its machine learns it `forMs` later. */
  readonly networkChanged?: readonly (Window & { readonly member: number })[];
  /** The user of a member names mirrors. */
  readonly mirrors?: readonly { readonly member: number; readonly atMs: number; readonly count: number }[];
  /** What the origin sends a member of this share of the pieces is wrong, until it is fetched again. All know the right hashes. */
  readonly wrongPieces?: readonly { readonly member: number; readonly share: number }[];
  /** From then on the URL has another file. */
  readonly originChanged?: { readonly atMs: number };
  /** Probability that a message between members is lost although the session lives. */
  readonly loseMessages?: number;
  /** Probability that a message is held up for a while, and what follows it on its session with it. */
  readonly lateMessages?: number;
  /** Probability that a message comes a second time, after newer ones. */
  readonly repeatMessages?: number;
  /** From then on the disk of a member takes nothing more: its part in the download ends. */
  readonly diskError?: readonly { readonly member: number; readonly atMs: number }[];
  /** From then on the origin refuses the requests of a member. */
  readonly refused?: readonly { readonly member: number; readonly atMs: number }[];
  /** From then on the origin serves no ranges any more. */
  readonly rangeless?: { readonly atMs: number };
  /** Says that it has every piece, and that its link is ten times as fast. */
  readonly boast?: readonly { readonly member: number }[];
}

/** When the last fault is over; infinite ones do not count, they last to the end. */
export function faultsEndMs(faults: Faults): number {
  let endMs = Math.max(faults.originChanged?.atMs ?? 0, faults.rangeless?.atMs ?? 0);
  const note = (ms: number): void => {
    if (Number.isFinite(ms)) endMs = Math.max(endMs, ms);
  };
  for (const death of [...(faults.kill ?? []), ...(faults.killCoordinator ?? [])]) {
    note(death.atMs + (death.rejoinAfterMs ?? 0));
  }
  for (const moment of [
    ...(faults.leave ?? []),
    ...(faults.join ?? []),
    ...(faults.mirrors ?? []),
    ...(faults.connectionCrawl ?? []),
    ...(faults.diskError ?? []),
    ...(faults.refused ?? []),
  ])
    note(moment.atMs);
  for (const window of [
    ...(faults.stall ?? []),
    ...(faults.slow ?? []),
    ...(faults.partition ?? []),
    ...(faults.originSlow ?? []),
    ...(faults.originBusy ?? []),
    ...(faults.originBroken ?? []),
    ...(faults.originCrawl ?? []),
    ...(faults.linkExpired ?? []),
    ...(faults.networkChanged ?? []),
  ]) {
    note(window.atMs + window.forMs);
  }
  return endMs;
}

/** The names of the faults that a scenario has. */
export function faultNames(faults: Faults): readonly string[] {
  return Object.entries(faults).flatMap(([name, value]) => {
    const some = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== 0;
    return some ? [name] : [];
  });
}

/** How many faults there are: each window, death or change for itself. */
export function faultCount(faults: Faults): number {
  const counts = Object.values(faults).map((value) =>
    Array.isArray(value) ? value.length : Number(value !== undefined && value !== 0),
  );
  return counts.reduce((total, count) => total + count, 0);
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
