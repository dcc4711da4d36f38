import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A link may fall this far behind and catch up: timers are late, links are not. */
const CATCH_UP_MS = 50;
const MAX_CONNECTIONS = 64;

/**
 * Stands for a member's internet link: a TCP relay to one address that lets `bytesPerSecond` through towards the
 * member, over all of its connections together, and counts them. Listens on a free port of 127.0.0.1.
 */
export class Link implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #bytesPerSecond: number;
  #freeMs = 0;
  #carriedBytes = 0;

  private constructor(targetPort: number, bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#server = createServer((member) => this.#relay(member, connect(targetPort, '127.0.0.1')));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  static async open(targetPort: number, bytesPerSecond: number): Promise<Link> {
    const link = new Link(targetPort, bytesPerSecond);
    await new Promise<void>((resolve, reject) => {
      link.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes let through towards the member, headers of HTTP included. */
  get carriedBytes(): number {
    return this.#carriedBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(member: Socket, origin: Socket): void {
    for (const [socket, other] of [
      [member, origin],
      [origin, member],
    ] as const) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('error', () => other.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    }
    member.pipe(origin);
    member.once('close', () => origin.destroy());
    let lastMs = 0;
    origin.on('data', (chunk) => {
      origin.pause();
      lastMs = this.#turn(chunk.length);
      setTimeout(
        () => {
          if (member.destroyed) return;
          this.#carriedBytes += chunk.length;
          member.write(chunk, () => origin.resume());
        },
        Math.max(0, lastMs - performance.now()),
      );
    });
    // What was read before the end still waits for its turn.
    origin.once('end', () => setTimeout(() => member.end(), Math.max(0, lastMs - performance.now()) + 1));
  }

  /** When the last of so many bytes has gone through, after all that came before them. */
  #turn(bytes: number): number {
    const begin = Math.max(this.#freeMs, performance.now() - CATCH_UP_MS);
    this.#freeMs = begin + (bytes / this.#bytesPerSecond) * 1000;
    return this.#freeMs;
  }
}
