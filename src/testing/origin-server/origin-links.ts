import type { Socket } from 'node:net';
import { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { ConnectionCap, OriginFaults } from './origin-faults.ts';
import { SendWindow } from './origin-window.ts';

const BURST_MS = 20;
/** What is on its way over a connection with a rate: so much of a second, and at least so many bytes. */
const WINDOW_SECONDS = 1 / 16;
const MIN_WINDOW_BYTES = 128 * 1024;

export interface LinkRates {
  readonly ratePerConnection?: number;
  /** Shared by all connections of one client address: gives each member on 127.0.0.x a link of its own. */
  readonly ratePerClient?: number;
}

/** The connections of an origin: how many each client may have, and how fast each is. */
export class OriginLinks {
  readonly #rates: LinkRates;
  readonly #cap: ConnectionCap | undefined;
  readonly #clientLinks = new Map<string, RateLimiter>();
  /** By connection and rate. A TLS socket is another object than the connection below it: they share their ports. */
  readonly #connectionLinks = new Map<string, RateLimiter>();
  readonly #windows = new Map<string, SendWindow>();
  /** Numbers from 1, in the order of arrival. */
  readonly #numbers = new Map<string, number>();
  readonly #beyond = new Set<string>();
  readonly #open = new Map<string, Set<Socket>>();
  readonly #waiting: (() => void)[] = [];
  readonly #all = new Set<Socket>();
  /** Connections that ever came. */
  count = 0;
  /** Most that were open at the same time, those cut at once and those that wait left out. */
  peak = 0;
  #now = 0;

  constructor(rates: LinkRates, cap: ConnectionCap | undefined) {
    this.#rates = rates;
    this.#cap = cap;
  }

  /** A connection has come; `accept` lets it in, perhaps later, perhaps never. */
  arrive(socket: Socket, accept: () => void): void {
    socket.on('error', () => {});
    this.#all.add(socket);
    socket.once('close', () => this.#all.delete(socket));
    this.count += 1;
    const key = keyOf(socket);
    this.#numbers.set(key, this.count);
    const client = socket.remoteAddress ?? '';
    const mine = this.#open.get(client) ?? new Set();
    this.#open.set(client, mine);
    const cap = this.#cap;
    const enter = () => {
      if (cap?.beyond === 'wait' && mine.size >= cap.perClient) {
        this.#waiting.push(enter);
        return;
      }
      if (socket.destroyed) return;
      mine.add(socket);
      this.#now += 1;
      this.peak = Math.max(this.peak, this.#now);
      socket.once('close', () => {
        mine.delete(socket);
        this.#now -= 1;
        for (const next of this.#waiting.splice(0)) next();
      });
      accept();
    };
    const isBeyond = cap !== undefined && mine.size >= cap.perClient;
    if (isBeyond && cap.beyond === 'reset') {
      socket.resetAndDestroy();
      return;
    }
    if (isBeyond && cap.beyond === 'status') this.#beyond.add(key);
    else this.#beyond.delete(key);
    enter();
  }

  /** Closes every connection at once. */
  closeAll(): void {
    for (const socket of this.#all) socket.destroy();
  }

  /** Whether requests on this connection are to be turned away. */
  isBeyond(socket: Socket): boolean {
    return this.#beyond.has(keyOf(socket));
  }

  /** What a connection's bytes go through. `faults` may slow it down further. */
  limitersOf(socket: Socket, { crawl }: OriginFaults): readonly RateLimiter[] {
    const { ratePerClient, ratePerConnection = Number.POSITIVE_INFINITY } = this.#rates;
    const limiters: RateLimiter[] = [];
    if (ratePerClient !== undefined) {
      const client = socket.remoteAddress ?? '';
      const link = this.#clientLinks.get(client) ?? new RateLimiter(ratePerClient, { burstMs: BURST_MS });
      this.#clientLinks.set(client, link);
      limiters.push(link);
    }
    const key = keyOf(socket);
    const number = this.#numbers.get(key) ?? 0;
    const crawls =
      crawl !== undefined &&
      number >= (crawl.from ?? crawl.every) &&
      (number - (crawl.from ?? crawl.every)) % crawl.every === 0;
    const rate = crawls ? Math.min(crawl.bytesPerSecond, ratePerConnection) : ratePerConnection;
    if (rate !== Number.POSITIVE_INFINITY) {
      const link =
        this.#connectionLinks.get(`${key} ${rate}`) ?? new RateLimiter(rate, { burstMs: BURST_MS });
      this.#connectionLinks.set(`${key} ${rate}`, link);
      limiters.push(link);
    }
    return limiters;
  }

  /** Bytes on their way to clients, over connections that have a window. */
  get unreadBytes(): number {
    let sum = 0;
    for (const window of this.#windows.values()) sum += window.unreadBytes;
    return sum;
  }

  /** What limits the bytes on their way over a connection; nothing does when it has no rate of its own. */
  windowOf(socket: Socket): SendWindow | undefined {
    const { ratePerConnection } = this.#rates;
    if (ratePerConnection === undefined) return undefined;
    const key = keyOf(socket);
    const windowBytes = Math.max(MIN_WINDOW_BYTES, Math.floor(ratePerConnection * WINDOW_SECONDS));
    const window = this.#windows.get(key) ?? new SendWindow(windowBytes, socket);
    this.#windows.set(key, window);
    return window;
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
