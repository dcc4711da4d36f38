import { UploadQueue, type UploadRequest } from '../../core/chainrain/upload-queue.ts';
import type { MemberId } from '../../core/ids.ts';

/** Lets requests of other members be served a few at a time, in the order that helps the room most. */
export class Uploads {
  readonly #queue: UploadQueue;
  readonly #turns = new Map<number, (admitted: boolean) => void>();
  #ids = 0;

  constructor(knowledge: ConstructorParameters<typeof UploadQueue>[0]) {
    this.#queue = new UploadQueue(knowledge);
  }

  /**
   * Waits for the turn of a request. Resolves to what has to be called with the number of bytes sent when it is over,
   * or to undefined when too many wait already or the peer is gone.
   */
  async turn(request: Omit<UploadRequest, 'id'>): Promise<((sentBytes: number) => void) | undefined> {
    const id = ++this.#ids;
    if (!this.#queue.add({ ...request, id })) return undefined;
    const turn = new Promise<boolean>((resolve) => this.#turns.set(id, resolve));
    this.#admit();
    if (!(await turn)) return undefined;
    return (sentBytes) => {
      this.#queue.done(id, sentBytes);
      this.#admit();
    };
  }

  removePeer(peer: MemberId): void {
    this.#queue.removePeer(peer);
    this.#admit();
    // Whoever still waits and is no longer in the queue belonged to that peer.
    for (const [id, resolve] of this.#turns) {
      if (this.#queue.has(id)) continue;
      this.#turns.delete(id);
      resolve(false);
    }
  }

  #admit(): void {
    for (let next = this.#queue.next(); next; next = this.#queue.next()) {
      this.#turns.get(next.id)?.(true);
      this.#turns.delete(next.id);
    }
  }
}
