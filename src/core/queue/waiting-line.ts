import { Heap, type Placed } from './heap.ts';

/** What waits: by priority, then in order of arrival. */
export interface Waiting extends Placed {
  readonly host: string;
  priority: number;
  /** Order of arrival. */
  readonly order: number;
}

interface HostLine<T extends Waiting> extends Placed {
  readonly waiting: Heap<T>;
  /** So many of this host run. */
  running: number;
}

/**
 * Who is next, when only so many of one host may run: a line for each host, and a line of those hosts that have room
 * for one more, by who is first in theirs. Each step costs O(log n).
 */
export class WaitingLine<T extends Waiting> {
  #perHost: number;
  readonly #hosts = new Map<string, HostLine<T>>();
  readonly #open = new Heap<HostLine<T>>((a, b) => isBefore(a.waiting.first!, b.waiting.first!));

  constructor(perHost: number) {
    this.#perHost = perHost;
  }

  /** The next that may run. It stays in line. */
  get next(): T | undefined {
    return this.#open.first?.waiting.first;
  }

  /** So many of one host may run from now on. */
  setPerHost(perHost: number): void {
    this.#perHost = perHost;
    for (const [host, line] of this.#hosts) this.#settle(line, host);
  }

  /** Gets in line, or moves after a change of its priority. */
  put(item: T): void {
    const line = this.#lineOf(item);
    line.waiting.put(item);
    this.#settle(line, item.host);
  }

  remove(item: T): void {
    const line = this.#lineOf(item);
    line.waiting.remove(item);
    this.#settle(line, item.host);
  }

  /** One of this host runs now, or with -1 no longer. */
  countRunning(host: string, change: 1 | -1): void {
    const line = this.#lineOf({ host });
    line.running += change;
    this.#settle(line, host);
  }

  #lineOf({ host }: { readonly host: string }): HostLine<T> {
    let line = this.#hosts.get(host);
    if (line === undefined) {
      line = { waiting: new Heap<T>(isBefore), running: 0, place: -1 };
      this.#hosts.set(host, line);
    }
    return line;
  }

  #settle(line: HostLine<T>, host: string): void {
    // An empty line has nothing to be compared by, so it is never among the open ones.
    if (line.waiting.size === 0 || line.running >= this.#perHost) this.#open.remove(line);
    else this.#open.put(line);
    if (line.waiting.size === 0 && line.running === 0) this.#hosts.delete(host);
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.priority === b.priority ? a.order < b.order : a.priority > b.priority;
}
