import type { Frame } from '../../gen/dragonload/v1/peer_pb.ts';

/** Most frames that wait for a slow receiver; beyond that the session is given up. */
export const MAX_QUEUED_FRAMES = 8192;

/** Frames to send, handed to the RPC one by one. */
export class SendQueue implements AsyncIterable<Frame> {
  #queue: Frame[] = [];
  #wake = Promise.withResolvers<void>();
  #ended = false;
  #error: unknown;
  readonly #drained = Promise.withResolvers<void>();
  #taken = 0;

  /** So many frames were taken to be sent. */
  get taken(): number {
    return this.#taken;
  }

  /** Resolves once the last frame was taken, or no more frames will be taken. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /**
   * False when the queue is full. A waiting status is replaced by a newer one: only the last one matters. After the end
   * frames are ignored.
   */
  push(frame: Frame): boolean {
    if (this.#ended) return true;
    if (frame.kind.case === 'status') {
      const waiting = this.#queue.findLastIndex(({ kind }) => kind.case === 'status');
      if (waiting !== -1) this.#queue.splice(waiting, 1);
    }
    if (this.#queue.length >= MAX_QUEUED_FRAMES) return false;
    this.#queue.push(frame);
    this.#wake.resolve();
    return true;
  }

  /** Sends the waiting frames, then ends the stream: with `error` as its status, if given. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    try {
      for (;;) {
        const frames = this.#queue;
        this.#queue = [];
        for (const frame of frames) {
          yield frame;
          this.#taken++;
        }
        if (this.#queue.length > 0) continue;
        if (this.#ended) break;
        this.#wake = Promise.withResolvers();
        await this.#wake.promise;
      }
      if (this.#error !== undefined) throw this.#error;
    } finally {
      this.#ended = true;
      this.#drained.resolve();
    }
  }
}
