/** The first rest after a failure, in milliseconds; it doubles with each further one. */
const FIRST_REST_MS = 1000;
const MAX_REST_MS = 60_000;
/** Whoever rests no longer than this is not worth looking for another one. */
const SHORT_REST_MS = 3000;
/** So many sources are used beside each other; the others stand by. */
const MAX_BESIDE = 4;
/** A source whose rate nobody has measured yet counts as this much of the fastest one. */
const UNKNOWN_RATE_SHARE = 0.5;
/** After so many failures in a row a source is taken for gone until it has shown that it is not. */
const MAX_FAILURES = 3;

/** What is known of one address of a file. Times are of one clock that never goes back, in milliseconds. */
export interface SourceState {
  /**
   * `proven`: it has the file. `new`: nobody has looked yet. `looking`: somebody does. `lost`: it had the file and does
   * not serve it any more. `out`: it was never of use.
   */
  readonly standing: 'proven' | 'new' | 'looking' | 'lost' | 'out';
  /** The user, or the origin that the user named, gave the address. */
  readonly trusted: boolean;
  /** Transfers under way. */
  readonly running: number;
  /** Of one transfer, in bytes per second; undefined: not measured. */
  readonly rate: number | undefined;
  /** Left alone until then, unless there is nothing else. */
  readonly restUntilMs: number;
  /** In a row, without a byte between them; those that break together are one. */
  readonly failures: number;
  /** Counts the calls that added addresses: those of one call are in the order of their giver. */
  readonly batch: number;
  /** It serves ranges; without, it is of use only from the file's first byte on. */
  readonly ranges: boolean;
}

export interface Choice<S> {
  /** To be fetched from now. */
  readonly use: S | undefined;
  /** To be looked at: beside `use`, or because there is none. */
  readonly look: S | undefined;
}

/**
 * Which source serves next. Among proven ones that do not rest, the one with the fewest transfers for its rate. New ones
 * of the user are looked at beside, one at a time, while there are few proven ones and `isLarge` says that it pays. What others have
 * named is neither looked at nor used while one of the user's own is left. When nothing was `tried` yet, a source that
 * rests a little or was lost is better than none.
 */
export function chooseSource<S extends SourceState>(
  all: readonly S[],
  given: {
    nowMs: number;
    atStart: boolean;
    /** With nothing else, one that serves no parts is asked all the same: it may be read as a whole. */
    mayReadWhole: boolean;
    isLarge: boolean;
    tried: ReadonlySet<S>;
  },
): Choice<S> {
  const { nowMs, atStart, mayReadWhole, isLarge, tried } = given;
  const own = all.filter(({ trusted }) => trusted);
  const isLeft = (one: S) => !isGone(one, nowMs);
  const sources = own.some(isLeft) ? own : all;
  const proven = sources.filter(({ standing }) => standing === 'proven');
  const mayServe = ({ standing }: S) => standing === 'proven' || standing === 'new' || standing === 'looking';
  const anyWhole = atStart || (mayReadWhole && !sources.some((one) => one.ranges && mayServe(one)));
  const usable = proven.filter((one) => !tried.has(one) && (one.ranges || anyWhole));
  const restedBy = (ms: number) => usable.filter(({ restUntilMs }) => restUntilMs <= ms);
  const fastest = Math.max(1, ...proven.map(({ rate }) => rate ?? 0));
  const load = (one: S) => (one.running + 1) / Math.max(1, one.rate ?? fastest * UNKNOWN_RATE_SHARE);
  const healthy = best(restedBy(nowMs).filter(isLeft), load);

  const isLooking = all.some(({ standing }) => standing === 'looking');
  const fresh = sources.filter(({ standing, restUntilMs }) => standing === 'new' && restUntilMs <= nowMs);
  if (healthy !== undefined) {
    const mayLook = isLarge && !isLooking && proven.length < MAX_BESIDE;
    const trusted = fresh.filter((one) => one.trusted);
    return { use: healthy, look: mayLook ? nextNew(trusted, sources) : undefined };
  }
  const look = isLooking ? undefined : nextNew(fresh, sources);
  if (tried.size > 0) return { use: undefined, look };
  const resting = best(restedBy(nowMs + SHORT_REST_MS), ({ restUntilMs }) => restUntilMs);
  if (resting !== undefined || look !== undefined || isLooking) return { use: resting, look };
  const waiting = usable.length > 0 ? usable : sources.filter(({ standing }) => standing === 'lost');
  return { use: best(waiting, ({ restUntilMs }) => restUntilMs), look: undefined };
}

/**
 * Whether a source is of no use, for all that is known. One that has failed again and again may show once after each rest
 * that it serves.
 */
export function isGone({ standing, failures, restUntilMs, running }: SourceState, nowMs: number): boolean {
  if (standing === 'lost' || standing === 'out') return true;
  return failures >= MAX_FAILURES && (restUntilMs > nowMs || running > 0);
}

/** How long a source rests after so many failures in a row. */
export function restMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(FIRST_REST_MS * 2 ** (failures - 1), MAX_REST_MS);
}

/** Those of the user first; the newest when a source is lost, since it is the answer to that, else the oldest. */
function nextNew<S extends SourceState>(fresh: readonly S[], all: readonly S[]): S | undefined {
  const direction = all.some(({ standing }) => standing === 'lost') ? -1 : 1;
  const trusted = fresh.filter((one) => one.trusted);
  return best(trusted.length > 0 ? trusted : fresh, ({ batch }) => direction * batch);
}

/** The first of those with the least cost. */
function best<S>(sources: readonly S[], cost: (source: S) => number): S | undefined {
  let found: S | undefined;
  for (const source of sources) if (found === undefined || cost(source) < cost(found)) found = source;
  return found;
}
