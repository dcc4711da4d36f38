import type { MemberId } from '../ids.ts';
import { MAX_SOURCES, MAX_URL_CHARS } from '../messages.ts';

/** So many places are for what members say, however many addresses the user knows: a fresh link may come from any of them. */
const PLACES_FOR_MEMBERS = MAX_SOURCES / 4;
/** A member may name so many new addresses at once, and one more each time that this has passed. */
const MAX_AT_ONCE = 2 * MAX_SOURCES;
const ONE_MORE_MS = 10_000;

interface Allowance {
  left: number;
  sinceMs: number;
}

/**
 * The further addresses of one download, those that became known last at the end. There are never more than
 * `MAX_SOURCES` with the one of the offer: of what members said the oldest makes room, as long as that is more than its
 * share of the places, else the oldest that the user of this member said. What is forgotten would be new again, so members that press addresses on each other in a circle
 * are slowed down by an allowance for each.
 */
export class SourceList {
  /** Each address, and who named it first; undefined: the user of this member. */
  readonly #urls = new Map<string, MemberId | undefined>();
  readonly #allowances = new Map<MemberId, Allowance>();
  #offered: string | undefined;

  /** The address that the download was offered with. */
  offered(url: string): void {
    this.#offered = url;
    this.#urls.delete(url);
  }

  /** All of them, the newest last, at most `MAX_SOURCES`. */
  get urls(): readonly string[] {
    return [...this.#urls.keys()];
  }

  /** What members have named, by member. */
  byMember(): ReadonlyMap<MemberId, readonly string[]> {
    const named = new Map<MemberId, string[]>();
    for (const [url, from] of this.#urls) {
      if (from !== undefined) named.set(from, [...(named.get(from) ?? []), url]);
    }
    return named;
  }

  /**
   * Remembers addresses that the user of this member (undefined) or a member has named, and returns those that are new.
   * Fragments (RFC 3986, 3.5) are cut off; what is no address of the web is passed over.
   */
  add(urls: readonly string[], from: MemberId | undefined, nowMs: number): readonly string[] {
    const fresh: string[] = [];
    // The newest are last, and first in line where not all are allowed: a fresh link must not wait behind old mirrors.
    for (const named of urls.slice(-MAX_SOURCES).reverse()) {
      const url = named.split('#', 1)[0]!;
      if (!isWebUrl(url) || url === this.#offered || fresh.includes(url)) continue;
      if (this.#urls.has(url)) {
        // The user's word is worth more than that of whoever said it before.
        if (from === undefined) this.#urls.set(url, undefined);
        continue;
      }
      if (from !== undefined && !this.#allow(from, nowMs)) break;
      fresh.unshift(url);
    }
    for (const url of fresh) {
      this.#urls.set(url, from);
      if (this.#urls.size >= MAX_SOURCES) this.#forgetOne();
    }
    return fresh.filter((url) => this.#urls.has(url));
  }

  #forgetOne(): void {
    const all = [...this.#urls];
    const ofMembers = all.filter(([, from]) => from !== undefined);
    const ofUser = all.find(([, from]) => from === undefined);
    const [oldest] = ofMembers.length > PLACES_FOR_MEMBERS || !ofUser ? ofMembers[0]! : ofUser;
    this.#urls.delete(oldest);
  }

  #allow(from: MemberId, nowMs: number): boolean {
    let allowance = this.#allowances.get(from);
    if (!allowance) {
      allowance = { left: MAX_AT_ONCE, sinceMs: nowMs };
      this.#allowances.set(from, allowance);
    }
    const more = Math.floor((nowMs - allowance.sinceMs) / ONE_MORE_MS);
    allowance.left = Math.min(MAX_AT_ONCE, allowance.left + more);
    allowance.sinceMs += more * ONE_MORE_MS;
    if (allowance.left < 1) return false;
    allowance.left -= 1;
    return true;
  }
}

function isWebUrl(url: string): boolean {
  return url.length <= MAX_URL_CHARS && /^https?:\/\/[^\s/][^\s]*$/i.test(url);
}
