import { parseOriginUrl } from '../url/web-url.ts';
import type { HeldBlocks } from './compare/other-etags.ts';
import type { Sample } from './compare/samples.ts';
import { HostPauses } from './limits/host-pauses.ts';
import { Connections } from './network/connections.ts';
import { type Probe, probe } from './probe.ts';
import { probeAgain } from './probe-again.ts';
import { RangeFetcher } from './range-fetcher.ts';
import { checkHeaders } from './requests/request-headers.ts';
import type { FetchOptions, OriginOptions, ProbeOptions } from './transfer/origin-options.ts';
import type { OriginResult } from './transfer/outcome.ts';
import type { LiveRange } from './transfer/receive.ts';
import { Route } from './transfer/route.ts';

export type { FetchOptions, OriginOptions, ProbeOptions } from './transfer/origin-options.ts';
export type { OriginResult } from './transfer/outcome.ts';

/** Why things end with an origin: one for all, since there is one at the end of every download. */
const CLOSED = new DOMException('The origin was closed.', 'AbortError');

/** A file at an HTTP or HTTPS origin: looks at it and fetches ranges of it, each on a connection of its own. */
export class Origin implements AsyncDisposable {
  /** As it was given, without its fragment. May hold secrets: show it with `displayUrl`. */
  readonly url: string;
  readonly #connections: Connections;
  readonly #ownsConnections: boolean;
  readonly #pauses: HostPauses;
  readonly #route: Route;
  readonly #options: OriginOptions;
  readonly #closed = new AbortController();
  readonly #fetcher: RangeFetcher;

  /** Throws `bad-url`, or `usage` for headers that cannot be sent. */
  constructor(url: string, options: OriginOptions) {
    const given = parseOriginUrl(url);
    this.url = given.href;
    const { settings, limiter, allowPrivate, connections, pauses } = options;
    if (connections?.allowPrivate === true && !allowPrivate)
      throw new TypeError('These connections may lead inside.');
    const headers = {
      ...settings,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.userAgent === undefined ? {} : { userAgent: options.userAgent }),
    };
    checkHeaders(headers);
    this.#options = options;
    this.#ownsConnections = connections === undefined;
    this.#connections =
      connections ?? new Connections({ ...options, rateLimit: () => limiter?.bytesPerSecond });
    this.#pauses = pauses ?? new HostPauses();
    this.#route = new Route(given, this.#connections, {
      ...headers,
      pauses: this.#pauses,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      headersTimeoutMs: options.headersTimeoutMs ?? 30_000,
    });
    this.#fetcher = new RangeFetcher({
      route: this.#route,
      limiter,
      stallTimeoutMs: options.stallTimeoutMs ?? 20_000,
      signal: this.#closed.signal,
    });
  }

  /** Sets the source of bytes held here, to compare with where ETags differ. */
  compareWith(held: HeldBlocks): void {
    this.#fetcher.compareWith(held);
  }

  /** A few blocks of the bytes held here, from the source that `compareWith` was given. */
  readHeld(): Promise<readonly Sample[]> {
    return this.#fetcher.readHeld();
  }

  /** Whether it serves ranges: known after a probe, assumed before it. */
  get ranges(): boolean {
    return this.#fetcher.ranges;
  }

  /** Where ranges are requested at present: a host, with its port if that is not the default, and a path. */
  get target(): { readonly host: string; readonly path: string } {
    return this.#route.target;
  }

  /**
   * Probes the file. Tries again after a failure that may pass. Throws `DragonloadError`: `dns`, `tls`,
   * `origin-missing`, `origin-refused`, `origin-failed`, `private-address`, or `aborted`.
   */
  async probe(options: ProbeOptions = {}): Promise<Probe> {
    const signal = this.#stopSignal(options.signal);
    const { take = false, keepWhole = false } = options;
    const look = async (): Promise<Probe> => {
      const found = await probe(this.#route, { take, keepWhole, signal });
      const whole = await this.#fetcher.noteProbe(found, take, signal);
      // With `insecure` the certificate was not checked, so the digests may come from anyone.
      const digests = this.#options.settings?.insecure === true ? [] : found.probe.digests;
      return { ...found.probe, digests, ...(whole === undefined ? {} : { whole }) };
    };
    return probeAgain(this.#route, look, { retryDelayMs: this.#options.retryDelayMs ?? 500, signal });
  }

  /**
   * Fetches a range, or with `end` undefined everything from `start` on. Lowering `range.end` on the way trims the
   * transfer. The outcome says how it ended; rejects only with what `onChunk` threw. After `rangeless`, ranges are
   * taken from readings of the whole file, which is fast only for ranges in order, one at a time.
   */
  async fetchRange(range: LiveRange, options: FetchOptions): Promise<OriginResult> {
    return this.#fetcher.fetchRange(range, options, this.#stopSignal(options.signal));
  }

  /**
   * The network has changed: kept connections are dead, and a pause that the host asked for was for another address.
   */
  networkChanged(): void {
    this.#fetcher.networkChanged();
    this.#connections.reset();
    this.#pauses.clear();
  }

  /** Breaks off what is under way and closes the connections that belong to this origin alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(CLOSED);
    this.#fetcher.close();
    if (this.#ownsConnections) this.#connections[Symbol.dispose]();
  }

  #stopSignal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }
}
