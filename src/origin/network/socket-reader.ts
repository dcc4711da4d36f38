import type { Socket } from 'node:net';

/** Most bytes that a proxy may send before the tunnel is open. */
const MAX_BYTES = 16 * 1024;

/**
 * Reads answers from a socket before the socket is handed on. Works on sockets with and without a read buffer from
 * `reads.ts`, since both emit `data`.
 */
export class SocketReader implements Disposable {
  readonly #socket: Socket;
  readonly #end: (reason: 'ended' | 'too much', cause?: Error) => Error;
  #bytes: Buffer = Buffer.alloc(0);
  #failed: Error | undefined;
  #wake: (() => void) | undefined;

  /** `end` makes the error for a socket that ends too early or sends too much. */
  constructor(socket: Socket, end: (reason: 'ended' | 'too much', cause?: Error) => Error) {
    this.#socket = socket;
    this.#end = end;
    socket.on('data', this.#onData);
    socket.on('error', this.#onEnd);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
  }

  /** Waits until `lengthOf` finds how long the next answer is, and takes that many bytes. */
  async take(lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    for (;;) {
      const length = lengthOf(this.#bytes);
      if (length !== undefined && length <= this.#bytes.length) {
        const taken = this.#bytes.subarray(0, length);
        this.#bytes = this.#bytes.subarray(length);
        return taken;
      }
      if (this.#failed !== undefined) throw this.#failed;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Whether bytes have arrived that were not taken. */
  get hasMore(): boolean {
    return this.#bytes.length > 0;
  }

  [Symbol.dispose](): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('error', this.#onEnd);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onEnd);
  }

  readonly #onData = (bytes: Buffer) => {
    // Copies: the socket may read into the same memory again.
    if (this.#failed === undefined) this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > MAX_BYTES) this.#fail('too much');
    this.#wake?.();
  };

  readonly #onEnd = (cause?: unknown) => {
    this.#fail('ended', cause instanceof Error ? cause : undefined);
    this.#wake?.();
  };

  #fail(reason: 'ended' | 'too much', cause?: Error): void {
    this.#failed ??= this.#end(reason, cause);
    if (reason === 'too much') this.#bytes = Buffer.alloc(0);
  }
}
