import { setTimeout as delay } from 'node:timers/promises';
import { DragonloadError } from '../core/errors.ts';
import { HostPaused } from './limits/host-pauses.ts';
import { ProbeStatus } from './probe.ts';
import { failureOf, isBusy, pausedError } from './transfer/failures.ts';
import type { Route } from './transfer/route.ts';

/** Attempts of a probe whose failures may pass. */
const PROBE_ATTEMPTS = 3;
/** A probe waits no longer than this for an origin that asks for a pause. */
const MAX_PROBE_PAUSE_MS = 10_000;

/**
 * Probes a file, and again after a pause where a failure may pass. Throws `DragonloadError`: why the last attempt
 * failed, or `aborted`.
 *
 * @param look Probes once; throws what `probe` throws.
 * @param retryDelayMs The first pause; each further one is twice as long, unless the origin asks for another one.
 */
export async function probeAgain<T>(
  route: Route,
  look: () => Promise<T>,
  { retryDelayMs, signal }: { readonly retryDelayMs: number; readonly signal: AbortSignal },
): Promise<T> {
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        const found = await look();
        signal.throwIfAborted();
        return found;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        const { error, passing } = probeFailure(thrown, route);
        if (!passing || attempt === PROBE_ATTEMPTS) throw error;
        const pauseMs = error.retryAfterMs ?? retryDelayMs * 2 ** (attempt - 1);
        if (pauseMs > MAX_PROBE_PAUSE_MS) throw error;
        await delay(pauseMs, undefined, { signal });
      }
    }
  } catch (thrown) {
    if (signal.aborted)
      throw new DragonloadError('aborted', 'Looking at the file was stopped.', { cause: thrown });
    throw thrown;
  }
}

function probeFailure(thrown: unknown, route: Route): { error: DragonloadError; passing: boolean } {
  if (thrown instanceof HostPaused) return { error: pausedError(route.target.host, thrown), passing: true };
  if (!(thrown instanceof ProbeStatus)) return failureOf(thrown, route.given);
  return { error: thrown.error, passing: isBusy(thrown.status) || thrown.status >= 500 };
}
