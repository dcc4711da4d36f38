import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is let through at once, in milliseconds of a lane's rate: a crawl is a trickle, not a gulp now and then. */
const SLICE_MS = 25;
/** A lane may fall this far behind and catch up: timers are late, connections are not. */
const CATCH_UP_MS = 50;

export interface LaneOptions {
  /** Of the origin, on 127.0.0.1. */
  readonly targetPort: number;
  /** Each connection's own. */
  readonly bytesPerSecond: number;
  /** One connection becomes slower; none without. */
  readonly crawl?:
    | {
        /** Once so much has gone through all of them. 0: from its start on. */
        readonly afterBytes: number;
        readonly bytesPerSecond: number;
      }
    | undefined;
}

/** The one that crawls, counted from 1 in the order in which they came. */
const CRAWLER = 4;

/**
 * An origin that gives every connection the same rate, however many there are, and may let one of them crawl: a TCP relay
 * to a real one. A crawl that begins on the way takes the fourth of the connections that are open then; one from the start
 * the fourth that comes. A connection that takes its place is as fast as any.
 */
export class Lanes implements AsyncDisposable {
  readonly #options: LaneOptions;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #carriedBytes = 0;
  #count = 0;
  #crawler: Socket | undefined;

  private constructor(options: LaneOptions) {
    this.#options = options;
    this.#server = createServer((client) => void this.#relay(client));
  }

  static async open(options: LaneOptions): Promise<Lanes> {
    const lanes = new Lanes(options);
    await new Promise<void>((resolve, reject) => {
      lanes.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return lanes;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections so far. */
  get count(): number {
    return this.#count;
  }

  /** Whether a connection was made to crawl. */
  get hasCrawled(): boolean {
    return this.#crawler !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #relay(client: Socket): Promise<void> {
    const origin = connect(this.#options.targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, origin],
      [origin, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.once('error', () => other.destroy());
      socket.once('close', () => other.destroy());
    }
    this.#open.add(client);
    client.once('close', () => this.#open.delete(client));
    if (++this.#count === CRAWLER && this.#options.crawl?.afterBytes === 0) this.#crawler = client;
    client.pipe(origin);
    try {
      await this.#carry(origin, client);
    } catch {
      // One side is gone: so is the other.
      origin.destroy();
    }
  }

  /** Lets through what the origin sends, a slice at a time. */
  async #carry(origin: Socket, client: Socket): Promise<void> {
    let freeMs = 0;
    for await (const chunk of origin as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        const rate = this.#rateOf(client);
        const slice = chunk.subarray(at, at + Math.max(1, Math.round((rate * SLICE_MS) / 1000)));
        at += slice.length;
        freeMs = Math.max(freeMs, performance.now() - CATCH_UP_MS) + (slice.length / rate) * 1000;
        const waitMs = freeMs - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        if (client.destroyed) return;
        this.#carriedBytes += slice.length;
        if (!client.write(slice))
          await new Promise((resolve) => client.once('drain', resolve).once('close', resolve));
      }
    }
  }

  #rateOf(client: Socket): number {
    const { bytesPerSecond, crawl } = this.#options;
    if (crawl === undefined) return bytesPerSecond;
    if (this.#crawler === undefined && crawl.afterBytes > 0 && this.#carriedBytes >= crawl.afterBytes)
      this.#crawler = [...this.#open][Math.min(CRAWLER, this.#open.size) - 1];
    return client === this.#crawler ? crawl.bytesPerSecond : bytesPerSecond;
  }
}
