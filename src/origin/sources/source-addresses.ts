import { MAX_SOURCES } from '../../core/messages.ts';
import { samePlace, webUrlFrom } from '../../url/web-url.ts';
import { isOver, newSource, revive, type Source } from './source.ts';

/** The addresses of one file, at most `MAX_SOURCES`: which are kept, and which are replaced by others. */
export class SourceAddresses {
  /** The address at which the file was found first. It is never dropped. */
  readonly first: Source;
  /** Oldest first. */
  readonly #all: Source[];
  /** Addresses that had another file: they are not probed again when they are named again. */
  readonly #different = new Set<string>();
  #batches = 0;
  #hadOthers = false;

  constructor(first: Source) {
    this.first = first;
    this.#all = [first];
  }

  /** Oldest first. */
  get all(): readonly Source[] {
    return this.#all;
  }

  /**
   * Whether another address than the first was ever named. One that differs only in how its link is signed is the same.
   */
  get hadOthers(): boolean {
    return this.#hadOthers;
  }

  /**
   * Adds addresses, the best first. Texts that are not URLs are left out, and so are addresses beyond the limit. An
   * address of the user that was given up is tried again.
   */
  add(urls: readonly string[], { trusted }: { readonly trusted: boolean }): void {
    this.#batches += 1;
    for (const named of urls.slice(0, MAX_SOURCES)) {
      const url = webUrlFrom(named)?.href;
      if (url === undefined || this.#different.has(url)) continue;
      const old = this.#all.find((one) => one.url === url);
      if (old !== undefined) {
        if (trusted) revive(old);
        continue;
      }
      if (this.#all.length >= MAX_SOURCES && !this.#makeRoom(trusted)) continue;
      this.#all.push(newSource(url, { trusted, batch: this.#batches }));
      this.#hadOthers ||= !samePlace(url, this.first.url);
    }
  }

  /** The address has another file, or is assumed to have sent wrong bytes: it is never used again. */
  refuse({ url }: Source): void {
    this.#different.add(url);
  }

  /** Removes an address and closes its origin. */
  async drop(source: Source): Promise<void> {
    const at = this.#all.indexOf(source);
    if (at >= 0) this.#all.splice(at, 1);
    await source.origin?.[Symbol.asyncDispose]();
  }

  /**
   * Makes room for one more address, in place of a useless one or, for a trusted one, of an untrusted one; false: none.
   */
  #makeRoom(trusted: boolean): boolean {
    const isIdle = (one: Source) => one !== this.first && one.running === 0 && one.standing !== 'looking';
    const goes =
      this.#all.find((one) => isIdle(one) && isOver(one)) ??
      (trusted ? this.#all.find((one) => isIdle(one) && !one.trusted) : undefined);
    if (goes === undefined) return false;
    void this.drop(goes);
    return true;
  }
}
