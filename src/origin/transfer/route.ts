import type { OutgoingHttpHeaders } from 'node:http';
import { HostPaused, type HostPauses } from '../limits/host-pauses.ts';
import { parseRetryAfter } from '../limits/retry-after.ts';
import type { Connections } from '../network/connections.ts';
import { type HeaderOptions, headersFor } from '../requests/request-headers.ts';
import { isBusy } from './failures.ts';
import { follow } from './redirects.ts';
import { type Answer, discard, send, type Timeouts } from './send.ts';

/** Statuses that mean that a URL may have expired: following the given URL again may lead to a fresh one. */
export const EXPIRED: ReadonlySet<number> = new Set([401, 403, 404, 410]);
/** A request whose URL has expired uses a URL that others resolve this often; then it resolves one for itself alone. */
const SHARED_ROUNDS = 2;
/** Timers may fire a little before the time that they were set for. */
const TIMER_SLACK_MS = 10;

export interface RouteOptions extends HeaderOptions, Timeouts {
  /** Hosts that have asked for a pause; none of them is asked before the pause is over. */
  readonly pauses?: HostPauses | undefined;
}

export interface OpenOptions {
  readonly headers: OutgoingHttpHeaders;
  /** More headers, which depend on the hop. */
  readonly headersOf?: ((url: URL) => OutgoingHttpHeaders) | undefined;
  readonly onRedirect?: ((answer: Answer) => void) | undefined;
  /** Recognises an answer that is not the file in spite of its status, such as a web page in its place. */
  readonly isStray?: ((answer: Answer) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How resolving a URL again ended; `given-up`: the request that did it was aborted, and another may do it. */
type Renewal = 'renewed' | 'expired' | 'given-up';

/**
 * The URL of a file that the user gave and the one it led to, to which requests go directly. When that one is refused,
 * the given URL is asked again, by one request for all that wait. Hosts that have asked for a pause get it: requests
 * fail with `HostPaused` meanwhile.
 */
export class Route {
  /** Without user and password. */
  readonly given: URL;
  readonly #credentials: URL;
  readonly #connections: Connections;
  readonly #options: RouteOptions;
  #resolved: URL;
  #renewing: Promise<Renewal> | undefined;

  constructor(given: URL, connections: Connections, options: RouteOptions) {
    this.#credentials = given;
    this.given = new URL(given);
    this.given.username = '';
    this.given.password = '';
    this.#resolved = this.given;
    this.#connections = connections;
    this.#options = options;
  }

  /** Where ranges are requested: a host with its port, and a path. */
  get target(): { readonly host: string; readonly path: string } {
    const { host, pathname: path } = this.#resolved;
    return { host, path };
  }

  /** Asks the given URL, following redirects, and remembers where it led. */
  async resolve(options: OpenOptions): Promise<Answer> {
    const answer = await this.#follow(this.given, options);
    if (leadsToFile(answer, options)) this.#resolved = answer.url;
    return answer;
  }

  /** Asks the remembered URL; if that has expired, the given one. The answer may be that it has expired for good. */
  async open(options: OpenOptions): Promise<Answer> {
    for (let round = 0; ; round++) {
      const asked = this.#resolved;
      const answer = await this.#follow(asked, options);
      if (leadsToFile(answer, options)) {
        if (this.#resolved === asked) this.#resolved = answer.url;
        return answer;
      }
      if (!EXPIRED.has(answer.status) && options.isStray?.(answer) !== true) return answer;
      // Some links serve one request only: then each request needs a URL of its own.
      const isAlone = round >= SHARED_ROUNDS;
      if (!isAlone && this.#renewing !== undefined) {
        const renewal = await orAborted(this.#renewing, options.signal).catch((error: unknown) => {
          answer.request.destroy();
          throw error;
        });
        if (renewal === 'expired') return answer;
      } else if (!isAlone && this.#resolved.href === asked.href) {
        return this.#renew(answer, options);
      }
      await discard(answer);
      if (isAlone) return this.resolve(options);
    }
  }

  /** Resolves the given URL for this request and for all others whose URL has expired. */
  async #renew(expired: Answer, options: OpenOptions): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Renewal>();
    // Perhaps no other request waits for it.
    promise.catch(() => {});
    this.#renewing = promise;
    try {
      await discard(expired);
      const answer = await this.resolve(options);
      resolve(leadsToFile(answer, options) ? 'renewed' : 'expired');
      return answer;
    } catch (thrown) {
      if (options.signal?.aborted === true) resolve('given-up');
      else reject(thrown);
      throw thrown;
    } finally {
      this.#renewing = undefined;
    }
  }

  #follow(first: URL, options: OpenOptions): Promise<Answer> {
    const { pauses } = this.#options;
    const get = async (url: URL) => {
      const leftMs = pauses?.leftMs(url.host, performance.now()) ?? 0;
      if (leftMs > TIMER_SLACK_MS) throw new HostPaused(url.host, leftMs);
      const own = await headersFor(url, this.#credentials, this.#options);
      const headers = { ...own, ...options.headersOf?.(url), ...options.headers };
      const answer = await send(this.#connections, url, headers, this.#options, options.signal);
      if (isBusy(answer.status)) {
        const retryAfterMs = parseRetryAfter(answer.response.headers['retry-after'], Date.now()) ?? 0;
        pauses?.pause(url.host, retryAfterMs, performance.now());
        // A server that limits connections counts idle ones, too.
        this.#connections.dropIdle(url);
      }
      return answer;
    };
    return follow(first, this.given, get, options.onRedirect);
  }
}

function leadsToFile(answer: Answer, { isStray }: OpenOptions): boolean {
  const { status } = answer;
  return ((status >= 200 && status < 300) || status === 416) && isStray?.(answer) !== true;
}

/** Settles with the promise, or rejects with the signal's reason if that comes first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
