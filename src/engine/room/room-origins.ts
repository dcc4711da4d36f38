import type { Origin } from '../../origin/origin.ts';
import { normalUrl } from '../../url/web-url.ts';
import { type OriginOpenOptions, Origins, type OriginsOptions } from '../base/origins.ts';

/** The origins of a room's downloads: remembers which addresses the user of this member has named himself. */
export class RoomOrigins implements Disposable {
  readonly #origins: Origins;
  /** Addresses that the user has named, in normal form, and for each the file's own one. */
  readonly #named = new Map<string, string>();
  #localAddress: string | undefined;

  constructor(options: OriginsOptions) {
    this.#origins = new Origins(options);
  }

  /** The address of this machine from which the first origin was reached. */
  get localAddress(): string | undefined {
    return this.#localAddress;
  }

  /** An origin was reached from this address of the machine: the first that is told counts. */
  reachedFrom(localAddress: string | undefined): void {
    this.#localAddress ??= localAddress;
  }

  /** The user names an address of a file that is known by `own`. */
  addNamed(url: string, own: string): void {
    this.#named.set(normalUrl(url), own);
  }

  /** Only what the user has named gets the user's credentials, and may have a private address. */
  openNamed(url: string, trusted: boolean): Promise<Origin> {
    const of = this.#named.get(normalUrl(url));
    return this.#origins.open(url, { trusted: trusted && of !== undefined, of });
  }

  /** See `Origins.open`. */
  open(url: string, options: OriginOpenOptions): Promise<Origin> {
    return this.#origins.open(url, options);
  }

  networkChanged(): void {
    this.#origins.networkChanged();
  }

  [Symbol.dispose](): void {
    this.#origins[Symbol.dispose]();
  }
}
