import { HostPauses } from '../../origin/limits/host-pauses.ts';
import type { Meter } from '../../origin/limits/meter.ts';
import { Connections } from '../../origin/network/connections.ts';
import { Origin } from '../../origin/origin.ts';
import type { RequestOptions } from '../../origin/requests/request-options.ts';
import {
  type HeaderSettings,
  loadRequestSettings,
  type RequestSettings,
  settingsFor,
  settingsForMirrors,
  settingsForOthers,
} from '../../origin/requests/request-settings.ts';
import { sameHost } from '../../url/web-url.ts';

export interface OriginsOptions {
  /** How requests are made unless a download says otherwise. */
  readonly request: RequestOptions | undefined;
  /** Let others name private addresses. */
  readonly allowPrivate: boolean;
  /** Hears of all bytes of all origins. */
  readonly meter: Meter;
  readonly onNotice: (message: string) => void;
}

/** What a download asks for beside its address. */
export interface OriginOpenOptions {
  /** False: somebody else named the address. No credentials are sent there. */
  readonly trusted: boolean;
  /**
   * The address that the download is known by, if this is perhaps another one: headers, referer and certificate are for
   * its host, and go to no mirror elsewhere.
   */
  readonly of?: string | undefined;
  /** What is said in its requests, where that differs from the task's. */
  readonly request?: HeaderSettings | undefined;
  /** Hears of this download's bytes; default: the meter for all. */
  readonly meter?: Meter | undefined;
}

/** For whom requests are made: addresses of the user, mirrors elsewhere, and addresses that somebody else has named. */
type Kind = 'own' | 'mirror' | 'other';

/** What all requests of a kind have in common. */
interface RequestProfile {
  readonly settings: RequestSettings;
  readonly connections: Connections;
}

/**
 * Opens origins as the user asks for them. Connections, cookies and the pauses that hosts have asked for are shared by
 * all downloads of a task, whatever headers each has; the files that request options name are read once.
 */
export class Origins implements Disposable {
  readonly #options: OriginsOptions;
  readonly #pauses = new HostPauses();
  readonly #ways = new Map<Kind, RequestProfile>();
  #loading: Promise<RequestSettings> | undefined;

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  /** Throws `bad-url`, and `usage` for request options that are of no use. */
  async open(url: string, wishes: OriginOpenOptions): Promise<Origin> {
    const { trusted, of, request } = wishes;
    const isElsewhere = of !== undefined && !sameHost(of, url);
    const kind: Kind = !trusted ? 'other' : isElsewhere ? 'mirror' : 'own';
    const loaded = await this.#load();
    const { settings, connections } = this.#way(kind, loaded);
    const { cookies } = settings;
    const { meter, allowPrivate } = this.#options;
    return new Origin(url, {
      // Cookies are kept by the connections, which see them come.
      settings:
        request === undefined ? settings : { ...settingsOf(kind, settingsFor(loaded, request)), cookies },
      connections,
      pauses: this.#pauses,
      allowPrivate: trusted || allowPrivate,
      limiter: wishes.meter ?? meter,
    });
  }

  /** Connections lead nowhere any more, and what hosts said was said to another address. */
  networkChanged(): void {
    this.#pauses.clear();
    for (const { connections } of this.#ways.values()) connections.reset();
  }

  [Symbol.dispose](): void {
    for (const { connections } of this.#ways.values()) connections.close();
  }

  /** Some files can be read but once: pipes. */
  #load(): Promise<RequestSettings> {
    if (this.#loading !== undefined) return this.#loading;
    const loading = loadRequestSettings(this.#options.request ?? {}, process.env);
    this.#loading = loading;
    loading.then(
      ({ notices }) => {
        for (const notice of notices) this.#options.onNotice(notice);
      },
      // What could not be read may be there the next time.
      () => {
        this.#loading = undefined;
      },
    );
    return loading;
  }

  #way(kind: Kind, loaded: RequestSettings): RequestProfile {
    let way = this.#ways.get(kind);
    if (way === undefined) {
      const { meter, allowPrivate } = this.#options;
      const settings = settingsOf(kind, loaded);
      const connections = new Connections({
        settings,
        allowPrivate: kind !== 'other' || allowPrivate,
        rateLimit: () => meter.bytesPerSecond,
      });
      way = { settings, connections };
      this.#ways.set(kind, way);
    }
    return way;
  }
}

function settingsOf(kind: Kind, settings: RequestSettings): RequestSettings {
  switch (kind) {
    case 'own':
      return settings;
    case 'mirror':
      return settingsForMirrors(settings);
    case 'other':
      return settingsForOthers(settings);
  }
}
