import { Connections } from '../origin/connections.ts';
import { HostPauses } from '../origin/host-pauses.ts';
import type { Meter } from '../origin/meter.ts';
import { Origin } from '../origin/origin.ts';
import type { RequestOptions } from '../origin/request-options.ts';
import {
  loadRequestSettings,
  type RequestSettings,
  settingsForMirrors,
  settingsForOthers,
} from '../origin/request-settings.ts';
import { sameHost } from '../origin/url.ts';

export interface OriginsOptions {
  /** How requests are made unless a download says otherwise. */
  readonly request: RequestOptions | undefined;
  /** Let others name addresses of the inside. */
  readonly allowPrivate: boolean;
  /** Hears of all bytes of all origins. */
  readonly meter: Meter;
  readonly onNotice: (message: string) => void;
}

/** What a download asks for beside its address. */
export interface OriginWishes {
  /** False: somebody else named the address. Nothing that speaks for the user is sent there. */
  readonly trusted: boolean;
  /**
   * The address that the download is known by, if this is perhaps another one: headers, referer and certificate are for
   * its host, and go to no mirror elsewhere.
   */
  readonly of?: string | undefined;
  /** How requests are made, as far as that differs from the task's. */
  readonly request?: RequestOptions | undefined;
  /** Hears of this download's bytes; default: the meter for all. */
  readonly meter?: Meter | undefined;
}

interface Way {
  readonly settings: RequestSettings;
  readonly connections: Connections;
}

/**
 * Opens origins as the user asks for them. Connections, cookies and the pauses that hosts have asked for are shared by
 * all downloads of a task; the files that request options name are read once.
 */
export class Origins implements Disposable {
  readonly #options: OriginsOptions;
  readonly #pauses = new HostPauses();
  readonly #ways = new Map<string, Promise<Way>>();
  readonly #open: Way[] = [];

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  /** Throws `bad-url`, and `usage` for request options that are of no use. */
  async open(url: string, wishes: OriginWishes): Promise<Origin> {
    const isElsewhere = wishes.of !== undefined && !isSameHost(wishes.of, url);
    const { settings, connections } = await this.#way(wishes, isElsewhere);
    const { meter, allowPrivate } = this.#options;
    return new Origin(url, {
      settings,
      connections,
      pauses: this.#pauses,
      allowPrivate: wishes.trusted || allowPrivate,
      limiter: wishes.meter ?? meter,
    });
  }

  /** Connections lead nowhere any more, and what hosts said was said to another address. */
  networkChanged(): void {
    this.#pauses.clear();
    for (const { connections } of this.#open) connections.reset();
  }

  [Symbol.dispose](): void {
    for (const { connections } of this.#open) connections.close();
  }

  #way(wishes: OriginWishes, isElsewhere: boolean): Promise<Way> {
    const { trusted } = wishes;
    const request = { ...this.#options.request, ...wishes.request };
    const key = JSON.stringify([trusted, isElsewhere, request]);
    let way = this.#ways.get(key);
    if (way === undefined) {
      way = this.#load(trusted, isElsewhere, request);
      // What could not be read may be there the next time.
      way.catch(() => this.#ways.delete(key));
      this.#ways.set(key, way);
    }
    return way;
  }

  async #load(trusted: boolean, isElsewhere: boolean, request: RequestOptions): Promise<Way> {
    const loaded = await loadRequestSettings(request, process.env);
    const settings = !trusted ? settingsForOthers(loaded) : isElsewhere ? settingsForMirrors(loaded) : loaded;
    for (const notice of settings.notices) this.#options.onNotice(notice);
    const { meter, allowPrivate } = this.#options;
    const connections = new Connections({
      settings,
      allowPrivate: trusted || allowPrivate,
      rateLimit: () => meter.bytesPerSecond,
    });
    const way = { settings, connections };
    this.#open.push(way);
    return way;
  }
}

function isSameHost(one: string, other: string): boolean {
  const [a, b] = [URL.parse(one), URL.parse(other)];
  return a !== null && b !== null && sameHost(a, b);
}
