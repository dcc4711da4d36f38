import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Reading the table costs milliseconds: all connections of a process share it, and none reads it again before. */
const READ_EVERY_MS = 40;
const MAX_WAIT_MS = 200;

/** The TCP connections of this machine, see proc_pid_net(5), and when they were looked up. */
let table = '';
let readAtMs = Number.NEGATIVE_INFINITY;

/** Looks the connections up, unless that was done a moment ago. Nothing is found where there is no such table. */
function lookUp(): void {
  if (performance.now() - readAtMs < READ_EVERY_MS) return;
  try {
    table = readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    table = '';
  }
  readAtMs = performance.now();
}

/** Bytes in the queues of an established connection, by the ports of its ends: those to be sent and those to be read. */
function queues(ends: string): readonly [toSend: number, toRead: number] {
  const [, toSend = '0', toRead = '0'] =
    new RegExp(`:${ends} 01 ([0-9A-F]{8}):([0-9A-F]{8})`).exec(table) ?? [];
  return [Number.parseInt(toSend, 16), Number.parseInt(toRead, 16)];
}

const hex = (port: number | undefined) => (port ?? 0).toString(16).toUpperCase().padStart(4, '0');

/**
 * What may be on its way to a client of this machine that has not read it yet. A link has such a limit by its delay; a loopback
 * connection takes in megabytes while a busy machine lets the client wait, and all of them would count as sent.
 * Works on Linux; elsewhere nothing is limited.
 */
export class SendWindow {
  readonly #windowBytes: number;
  readonly #toClient: string;
  readonly #toServer: string;
  /** May be sent before the queues have to be looked at again. */
  #creditBytes: number;
  #sentAtMs = 0;

  constructor(windowBytes: number, { localPort, remotePort }: Socket) {
    this.#windowBytes = this.#creditBytes = windowBytes;
    this.#toClient = `${hex(localPort)} [0-9A-F]{8}:${hex(remotePort)}`;
    this.#toServer = `${hex(remotePort)} [0-9A-F]{8}:${hex(localPort)}`;
  }

  /** What is on its way now; as much as can be while that is not known. */
  get unreadBytes(): number {
    lookUp();
    // What was sent since is not in it.
    if (readAtMs <= this.#sentAtMs) return this.#windowBytes;
    return queues(this.#toClient)[0] + queues(this.#toServer)[1];
  }

  /** Resolves when so many bytes fit, or the client has gone. More than the window fits when nothing is on its way. */
  async take(bytes: number, isGone: () => boolean): Promise<void> {
    const neededBytes = Math.min(bytes, this.#windowBytes);
    for (let waitMs = READ_EVERY_MS; this.#creditBytes < neededBytes && !isGone(); waitMs *= 2) {
      this.#creditBytes = this.#windowBytes - this.unreadBytes;
      if (this.#creditBytes < neededBytes) await wait(Math.min(waitMs, MAX_WAIT_MS));
    }
    this.#creditBytes -= bytes;
    this.#sentAtMs = performance.now();
  }
}
