import type { Command, ServeRequest } from '../contract.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { PieceRecord } from '../messages.ts';
import type { ByteRange, Run } from '../ranges.ts';
import { type UploadKnowledge, UploadQueue } from './upload-queue.ts';

export interface UploadsOptions extends UploadKnowledge {
  /** The records of what a range covers; undefined when this member may not give it out. */
  readonly recordsFor: (download: DownloadId, range: ByteRange) => readonly PieceRecord[] | undefined;
  /** The pieces that a range of a download touches. */
  readonly piecesOf: (download: DownloadId, range: ByteRange) => Run;
  readonly emit: (command: Command) => void;
}

interface Waiting extends ByteRange {
  readonly download: DownloadId;
}

/** Answers what other members ask for: a few requests at a time, in the order that helps the room most. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #queue: UploadQueue;
  readonly #waiting = new Map<number, Waiting>();
  /** What is being served, those of peers that are gone included: it is over when the world says so. */
  readonly #served = new Map<number, DownloadId>();

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#queue = new UploadQueue(options);
  }

  /** A member asks for bytes. Refused at once when it may not have them, or asks for too much at a time. */
  ask({ request, peer, download, start, end }: ServeRequest): void {
    const { recordsFor, piecesOf } = this.#options;
    if (recordsFor(download, { start, end }) === undefined) return this.refuse(request);
    const run = piecesOf(download, { start, end });
    if (!this.#queue.add({ id: request, peer, download, run, bytes: end - start }))
      return this.refuse(request);
    this.#waiting.set(request, { download, start, end });
    this.#admit();
  }

  /** Says no to a request that is not known here. */
  refuse(request: number): void {
    this.#options.emit({ type: 'refuse-serve', request });
  }

  /** A request is over, or nobody waits for it any more. Returns the download that it was served from. */
  ended(request: number, bytes: number): DownloadId | undefined {
    const download = this.#served.get(request);
    this.#served.delete(request);
    if (this.#waiting.delete(request)) this.#queue.remove(request);
    else this.#queue.done(request, bytes);
    this.#admit();
    return download;
  }

  /** A member is gone, and with it all that it waits for. */
  peerDown(peer: MemberId): void {
    this.#queue.removePeer(peer);
    for (const request of this.#waiting.keys()) if (!this.#queue.has(request)) this.#turnAway(request);
    this.#admit();
  }

  /** This member leaves: whoever waits is told so. What is being sent may come to its end. */
  close(): void {
    for (const request of this.#waiting.keys()) {
      this.#queue.remove(request);
      this.#turnAway(request);
    }
  }

  #turnAway(request: number): void {
    this.#waiting.delete(request);
    this.refuse(request);
  }

  #admit(): void {
    for (let next = this.#queue.next(); next; next = this.#queue.next()) {
      const { id: request } = next;
      const { download, ...range } = this.#waiting.get(request)!;
      // What is held can have changed while the request waited.
      const records = this.#options.recordsFor(download, range);
      if (records === undefined) {
        this.#queue.done(request, 0);
        this.#turnAway(request);
        continue;
      }
      this.#waiting.delete(request);
      this.#served.set(request, download);
      this.#options.emit({ type: 'serve', request, records });
    }
  }
}
