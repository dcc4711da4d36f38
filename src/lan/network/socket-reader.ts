import type { Duplex } from 'node:stream';

/** Receives the bytes that arrive on a connection. */
export interface ByteSink {
  /** Memory to fill next; never empty. It stays in use until `received` is called, whatever happens in between. */
  target(): Uint8Array;
  /** Reports bytes at the start of the target. False: pause the connection until it is resumed. */
  received(bytes: number): boolean;
}

/**
 * Feeds what arrives on a connection into a sink. On a connection that was dialled with `options()` as its `onread`
 * the bytes are decrypted right into the sink's memory; on any other they are copied there.
 */
export class SocketReader {
  sink: ByteSink | undefined;
  /** Takes the first bytes: the connection asks for memory before it has a sink. */
  readonly #scratch = Buffer.allocUnsafeSlow(16_384);

  /** For the option `onread` of `tls.connect`. */
  options(): { buffer: () => Uint8Array; callback: (bytes: number, buffer: Uint8Array) => boolean } {
    return {
      buffer: () => this.sink?.target() ?? this.#scratch,
      callback: (bytes, buffer) => {
        if (buffer === this.#scratch) return this.#copy(this.#scratch.subarray(0, bytes));
        return this.sink?.received(bytes) ?? false;
      },
    };
  }

  /** Feeds the sink from the events of the stream instead. */
  static of(socket: Duplex): SocketReader {
    const reader = new SocketReader();
    socket.on('data', (data: Buffer) => {
      if (!reader.#copy(data)) socket.pause();
    });
    return reader;
  }

  #copy(data: Buffer): boolean {
    let goOn = this.sink !== undefined;
    for (let rest = data; rest.length > 0 && this.sink !== undefined; ) {
      const copied = rest.copy(this.sink.target());
      // The sink has closed the connection.
      if (copied === 0) return false;
      rest = rest.subarray(copied);
      goOn = this.sink.received(copied);
    }
    return goOn;
  }
}
