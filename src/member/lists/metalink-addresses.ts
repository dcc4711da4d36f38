import { parseOriginUrl } from '../../origin/url.ts';
import type { XmlElement } from './metalink-xml.ts';

/** What an address without a priority has: it comes last (RFC 5854, 4.2.16.2). */
const LAST = 999_999;

interface Address {
  readonly url: string;
  /** 1 is best. */
  readonly priority: number;
}

/**
 * The addresses of one file of a Metalink document (RFC 5854, 4.2.16), of which the best are kept. Only those of HTTP and
 * HTTPS count; others, and what is no address at all, are passed over. `location` has no say: nothing is known of where
 * this machine is, and which mirror is fast shows when it is used.
 */
export class MetalinkAddresses {
  readonly #most: number;
  readonly #base: string | undefined;
  readonly #seen = new Set<string>();
  #found: Address[] = [];

  /** @param base What relative addresses are relative to; without it they are passed over. */
  constructor(most: number, base: string | undefined) {
    this.#most = most;
    this.#base = base;
  }

  add({ attributes, version }: XmlElement, text: string): void {
    const url = addressOf(text, this.#base);
    if (url === undefined || this.#seen.has(url)) return;
    const priority =
      version === 3 ? fromPreference(attributes) : (numberOf(attributes.get('priority'), LAST) ?? LAST);
    this.#seen.add(url);
    this.#found.push({ url, priority });
    if (this.#found.length < 8 * this.#most) return;
    this.#keepBest();
  }

  /** The best ones, in order. Those of one priority stay in the order of the document. */
  best(): readonly string[] {
    this.#keepBest();
    return this.#found.map(({ url }) => url);
  }

  #keepBest(): void {
    this.#found = this.#found.toSorted((a, b) => a.priority - b.priority).slice(0, this.#most);
    this.#seen.clear();
    for (const { url } of this.#found) this.#seen.add(url);
  }
}

function addressOf(text: string, base: string | undefined): string | undefined {
  try {
    const url = base !== undefined && URL.canParse(text, base) ? new URL(text, base).href : text;
    return parseOriginUrl(url).href;
  } catch {
    return undefined;
  }
}

/** Version 3 has a preference instead, from 0 to 100, of which the highest is best. */
function fromPreference(attributes: ReadonlyMap<string, string>): number {
  const preference = numberOf(attributes.get('preference'), 100);
  return preference === undefined ? LAST : 101 - preference;
}

function numberOf(text: string | undefined, most: number): number | undefined {
  const number = text !== undefined && /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : Number.NaN;
  return number <= most ? number : undefined;
}
