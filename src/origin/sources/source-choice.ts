/** The first pause after a failure, in milliseconds; each further one is twice as long. */
const FIRST_REST_MS = 1000;
const MAX_REST_MS = 60_000;
/** With no better source, one that pauses no longer than this is used. */
const SHORT_REST_MS = 3000;
/** Sources that are used at once; the others stand by. */
const MAX_ACTIVE_SOURCES = 4;
/** A source whose rate is not measured yet counts as this much of the fastest one. */
const UNKNOWN_RATE_SHARE = 0.5;
/** After this many failures in a row a source counts as gone, until a transfer from it brings bytes. */
const MAX_FAILURES = 3;

/** What is known of one address of a file. Times are of one clock that never goes back, in milliseconds. */
export interface SourceState {
  /**
   * `proven`: it has the file. `new`: it was not probed yet. `looking`: it is being probed. `lost`: it had the file and
   * no longer serves it. `out`: it never served this file.
   */
  readonly standing: 'proven' | 'new' | 'looking' | 'lost' | 'out';
  /** The user, or the origin that the user named, gave the address. */
  readonly trusted: boolean;
  /** Transfers under way. */
  readonly running: number;
  /** Of one transfer, in bytes per second; undefined: not measured. */
  readonly rate: number | undefined;
  /** It pauses until then, unless there is no other source. */
  readonly restUntilMs: number;
  /** Failures in a row without a byte between them; transfers that break together count as one. */
  readonly failures: number;
  /** The number of the call that added the address: addresses of one call keep their order. */
  readonly batch: number;
  /** It serves ranges; without them it can only be read from the first byte of the file on. */
  readonly ranges: boolean;
}

export interface Choice<S> {
  /** The source to fetch from now. */
  readonly use: S | undefined;
  /** The source to probe, beside `use` or because there is none. */
  readonly look: S | undefined;
}

/**
 * Which source serves next. Among proven ones that do not pause, the one with the fewest transfers for its rate. New
 * ones of the user are probed meanwhile, one at a time, while there are few proven ones and `isLarge` says that it
 * pays. Sources that others have named are neither probed nor used while one of the user's own is left. When no source
 * was `tried` yet, one that pauses briefly or was lost is better than none.
 */
export function chooseSource<S extends SourceState>(
  all: readonly S[],
  given: {
    nowMs: number;
    atStart: boolean;
    /** If there is no other, a source without ranges is used all the same: the whole file can be read from it. */
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
    const mayLook = isLarge && !isLooking && proven.length < MAX_ACTIVE_SOURCES;
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
 * Whether a source counts as useless at present. One that has failed again and again gets one attempt after each pause.
 */
export function isGone({ standing, failures, restUntilMs, running }: SourceState, nowMs: number): boolean {
  if (standing === 'lost' || standing === 'out') return true;
  return failures >= MAX_FAILURES && (restUntilMs > nowMs || running > 0);
}

/** How long a source pauses after a number of failures in a row, in milliseconds. */
export function restMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(FIRST_REST_MS * 2 ** (failures - 1), MAX_REST_MS);
}

/**
 * The user's own first; the newest after a source was lost, since it was given to replace that one, else the oldest.
 */
function nextNew<S extends SourceState>(fresh: readonly S[], all: readonly S[]): S | undefined {
  const direction = all.some(({ standing }) => standing === 'lost') ? -1 : 1;
  const trusted = fresh.filter((one) => one.trusted);
  return best(trusted.length > 0 ? trusted : fresh, ({ batch }) => direction * batch);
}

/** The first one with the lowest cost. */
function best<S>(sources: readonly S[], cost: (source: S) => number): S | undefined {
  let found: S | undefined;
  for (const source of sources) if (found === undefined || cost(source) < cost(found)) found = source;
  return found;
}
