import { UploadQueue } from '../core/chainrain/upload-queue.ts';
import type { DownloadId, MemberId } from '../core/ids.ts';
import type { Run } from '../core/ranges.ts';

interface Ticket {
  readonly download: DownloadId;
  readonly peer: MemberId;
  readonly run: Run;
  readonly bytes: number;
  readonly read: () => AsyncIterable<Buffer>;
  readonly signal: AbortSignal | undefined;
}

/** Serves what others ask for, a few requests at a time and in the order that helps the room most. */
export class Uploads {
  readonly #queue: UploadQueue;
  readonly #turns = new Map<number, () => void>();
  #ids = 0;

  constructor(knowledge: ConstructorParameters<typeof UploadQueue>[0]) {
    this.#queue = new UploadQueue(knowledge);
  }

  /** The bytes of a request once its turn has come; undefined when too many wait already. */
  serve(ticket: Ticket, onSent: (bytes: number) => void): AsyncIterable<Buffer> | undefined {
    const id = ++this.#ids;
    if (
      !this.#queue.add({
        id,
        download: ticket.download,
        peer: ticket.peer,
        run: ticket.run,
        bytes: ticket.bytes,
      })
    )
      return undefined;
    const turn = new Promise<void>((resolve) => this.#turns.set(id, resolve));
    ticket.signal?.addEventListener('abort', () => this.#cancel(id), { once: true });
    this.#admit();
    return this.#send(id, turn, ticket, onSent);
  }

  removePeer(peer: MemberId): void {
    this.#queue.removePeer(peer);
    this.#admit();
  }

  async *#send(
    id: number,
    turn: Promise<void>,
    ticket: Ticket,
    onSent: (bytes: number) => void,
  ): AsyncGenerator<Buffer> {
    let sentBytes = 0;
    try {
      await turn;
      for await (const block of ticket.read()) {
        yield block;
        sentBytes += block.length;
      }
    } finally {
      this.#turns.delete(id);
      this.#queue.done(id, sentBytes);
      this.#queue.remove(id);
      onSent(sentBytes);
      this.#admit();
    }
  }

  #cancel(id: number): void {
    this.#queue.remove(id);
    this.#turns.get(id)?.();
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#queue.next(); next; next = this.#queue.next()) {
      const admit = this.#turns.get(next.id);
      if (admit) admit();
      else this.#queue.remove(next.id);
    }
  }
}
