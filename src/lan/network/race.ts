/** One failed attempt of a race. */
export interface Failure<T> {
  readonly candidate: T;
  readonly error: unknown;
}

/** Thrown by `race` when every candidate failed. */
export class AllFailed<T> extends Error {
  readonly failures: readonly Failure<T>[];
  constructor(failures: readonly Failure<T>[]) {
    super('every attempt failed');
    this.failures = failures;
  }
}

/**
 * Tries candidates in order, each next one `staggerMs` after the one before or at once when that fails (RFC 8305,
 * Happy Eyeballs, section 5); the first to succeed wins and the others' signals are aborted. What an attempt
 * yields too late is given to `discard`.
 * @throws AllFailed, or the signal's reason.
 */
export function race<T, R>(
  candidates: readonly T[],
  attempt: (candidate: T, signal: AbortSignal) => Promise<R>,
  options: { staggerMs: number; discard: (late: R) => void; signal?: AbortSignal | undefined },
): Promise<R> {
  const { staggerMs, discard, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  const ended = new AbortController();
  const failures: Failure<T>[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;

  const end = (settle: () => void) => {
    if (ended.signal.aborted) return;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    ended.abort();
    settle();
  };
  const onAbort = () => end(() => reject(signal?.reason));
  const startNext = () => {
    clearTimeout(timer);
    if (next >= candidates.length) return;
    const candidate = candidates[next++]!;
    timer = setTimeout(startNext, staggerMs);
    attempt(candidate, ended.signal).then(
      (result) => (ended.signal.aborted ? discard(result) : end(() => resolve(result))),
      (error) => {
        failures.push({ candidate, error });
        if (failures.length === candidates.length) end(() => reject(new AllFailed(failures)));
        else if (!ended.signal.aborted) startNext();
      },
    );
  };

  if (candidates.length === 0) end(() => reject(new AllFailed([])));
  else if (signal?.aborted) onAbort();
  else {
    signal?.addEventListener('abort', onAbort);
    startNext();
  }
  return promise;
}
