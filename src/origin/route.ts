import type { OutgoingHttpHeaders } from 'node:http';
import type { Connections } from './connections.ts';
import { follow } from './redirects.ts';
import { type HeaderOptions, headersFor } from './request-headers.ts';
import { type Answer, discard, send, type Timeouts } from './send.ts';

/** Answers that mean a URL may have expired: for one that the given URL had led to, a fresh one may work. */
export const EXPIRED: ReadonlySet<number> = new Set([401, 403, 404, 410]);

export interface OpenOptions {
  readonly headers: OutgoingHttpHeaders;
  readonly onRedirect?: ((answer: Answer) => void) | undefined;
  /** Tells an answer that is no file in spite of its status, such as a page in its place. */
  readonly isStray?: ((answer: Answer) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The way to a file: the URL the user gave and the one it led to, which requests go to directly. When that one is
 * refused, the given URL is resolved again, once for all who wait.
 */
export class Route {
  /** Without user and password. */
  readonly given: URL;
  readonly #credentials: URL;
  readonly #connections: Connections;
  readonly #options: HeaderOptions & Timeouts;
  readonly #closed: AbortSignal;
  #resolved: URL;
  #renewing: Promise<void> | undefined;

  constructor(given: URL, connections: Connections, options: HeaderOptions & Timeouts, closed: AbortSignal) {
    this.#credentials = given;
    this.given = new URL(given);
    this.given.username = '';
    this.given.password = '';
    this.#resolved = this.given;
    this.#connections = connections;
    this.#options = options;
    this.#closed = closed;
  }

  /** The host that ranges are asked of, with its port. */
  get host(): string {
    return this.#resolved.host;
  }

  /** Asks the given URL, following redirects, and remembers where it led. */
  async resolve(options: OpenOptions): Promise<Answer> {
    const answer = await this.#follow(this.given, options);
    if (leadsToFile(answer, options)) this.#resolved = answer.url;
    return answer;
  }

  /** Asks the remembered URL; if that has expired, resolves it again and asks once more. */
  async open(options: OpenOptions): Promise<Answer> {
    const asked = this.#resolved;
    const answer = await this.#follow(asked, options);
    if (leadsToFile(answer, options)) {
      if (this.#resolved === asked) this.#resolved = answer.url;
      return answer;
    }
    const isStray = options.isStray?.(answer) === true;
    if (!(isStray || EXPIRED.has(answer.status)) || asked.href === this.given.href) return answer;
    await this.#renew(asked, options).catch((error: unknown) => {
      answer.request.destroy();
      throw error;
    });
    if (this.#resolved.href === asked.href) return answer;
    await discard(answer);
    return this.#follow(this.#resolved, options);
  }

  #follow(first: URL, options: OpenOptions): Promise<Answer> {
    const get = async (url: URL) => {
      const headers = { ...(await headersFor(url, this.#credentials, this.#options)), ...options.headers };
      return send(this.#connections, url, headers, this.#options, options.signal);
    };
    return follow(first, this.given, get, options.onRedirect);
  }

  /** Replaces an expired URL. Does nothing when somebody else has replaced it already. */
  async #renew(expired: URL, { isStray, signal }: OpenOptions): Promise<void> {
    if (this.#resolved.href !== expired.href) return;
    // Belongs to all who wait, so that no single one of them may call it off.
    this.#renewing ??= this.resolve({ headers: { range: 'bytes=0-0' }, isStray, signal: this.#closed })
      .then(discard)
      .finally(() => {
        this.#renewing = undefined;
      });
    await orAborted(this.#renewing, signal);
  }
}

function leadsToFile(answer: Answer, { isStray }: OpenOptions): boolean {
  const { status } = answer;
  return ((status >= 200 && status < 300) || status === 416) && isStray?.(answer) !== true;
}

/** Settles with the promise, or rejects with the signal's reason if that comes first. */
async function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
