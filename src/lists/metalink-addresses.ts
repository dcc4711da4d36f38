import { webUrlFrom } from '../url/web-url.ts';
import type { XmlElement } from './metalink-elements.ts';

/** The priority of an address that states none: it comes last (RFC 5854, 4.2.16.2). */
const LAST = 999_999;

interface Address {
  readonly url: string;
  /** 1 is best. */
  readonly priority: number;
}

/**
 * The addresses of one file of a Metalink document (RFC 5854, 4.2.16), of which the best are kept. Only those of HTTP
 * and HTTPS count; others are ignored, and so are invalid ones. `location` is ignored: it is not known where this
 * machine is, and which mirror is fast shows when it is used.
 */
export class MetalinkAddresses {
  readonly #most: number;
  readonly #base: string | undefined;
  readonly #found: Address[] = [];

  /** @param base The base of relative addresses; without it they are ignored. */
  constructor(most: number, base: string | undefined) {
    this.#most = most;
    this.#base = base;
  }

  add(element: XmlElement, text: string): void {
    if (isTorrent(element)) return;
    const url = addressOf(text, this.#base);
    if (url === undefined || this.#found.some((known) => known.url === url)) return;
    const priority = priorityOf(element);
    this.#found.push({ url, priority });
    // Bounded, so that sorting them stays fast.
    if (this.#found.length === 2 * this.#most) this.#keepBest();
  }

  /** The best ones, in order. Those of one priority stay in the order of the document. */
  best(): readonly string[] {
    this.#keepBest();
    return this.#found.map(({ url }) => url);
  }

  #keepBest(): void {
    this.#found.sort((a, b) => a.priority - b.priority);
    this.#found.length = Math.min(this.#found.length, this.#most);
  }
}

/** As it was written, where that is enough. */
function addressOf(text: string, base: string | undefined): string | undefined {
  if (text.length < 4096 && /^https?:\/\/[!-~]+$/i.test(text) && URL.canParse(text)) return text;
  return webUrlFrom(URL.parse(text, base)?.href ?? text)?.href;
}

/** In version 3 the addresses of torrents are among those of the file. */
function isTorrent(element: XmlElement): boolean {
  return element.version === 3 && !/^(https?)?$/i.test(element.attribute('type') ?? '');
}

/** Version 3 has a preference instead, from 0 to 100, the highest being the best. */
function priorityOf(element: XmlElement): number {
  if (element.version === 4) return numberOf(element.attribute('priority'), LAST) ?? LAST;
  const preference = numberOf(element.attribute('preference'), 100);
  return preference === undefined ? LAST : 101 - preference;
}

function numberOf(text: string | undefined, most: number): number | undefined {
  const number = text !== undefined && /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : Number.NaN;
  return number <= most ? number : undefined;
}
