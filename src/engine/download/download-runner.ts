import type { Command, Event, OriginOutcome } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { Part } from '../../disk/part.ts';
import type { PartWriter } from '../../disk/part-writer.ts';
import type { OriginResult } from '../../origin/origin.ts';
import type { FileSources } from './file-sources.ts';
import type { PullFrom } from './piece-exchange.ts';

/** What the transfers of a download need. */
export interface RunnerDeps {
  readonly dispatch: (event: Event) => void;
  /** Gets bytes from a member. */
  readonly pull: PullFrom;
  /** Signs that this member fetched a piece. */
  readonly sign: (offer: Offer, piece: number, sha256: Uint8Array) => PieceRecord;
}

interface Transfer {
  readonly writer: PartWriter;
  readonly abort: AbortController;
  /** Where it is to end now; infinite while the file's size is unknown. */
  end: number;
  position: number;
  /** What the origin reads anew at each chunk: lowering its end trims the response. */
  range: { readonly start: number; end: number | undefined } | undefined;
  stopped: boolean;
}

type Of<T extends Command['type']> = Extract<Command, { type: T }>;

/** Carries out the core's commands for one download: moves bytes between the origin, the room and the disk. */
export class DownloadRunner implements AsyncDisposable {
  readonly #offer: Offer;
  readonly #part: Part;
  readonly #sources: FileSources;
  readonly #deps: RunnerDeps;
  readonly #fetches = new Map<number, Transfer>();
  readonly #pulls = new Map<number, Transfer>();
  readonly #running = new Set<Promise<void>>();
  /** While it ends nothing new is transferred, and what has arrived is still hashed and kept. */
  #state: 'open' | 'ending' | 'closed' = 'open';
  #isBroken = false;

  constructor(offer: Offer, part: Part, sources: FileSources, deps: RunnerDeps) {
    this.#offer = offer;
    this.#part = part;
    this.#sources = sources;
    this.#deps = deps;
  }

  /** Returns false for commands that are not a download's business. */
  execute(command: Command): boolean {
    switch (command.type) {
      case 'fetch':
        this.#transfer(() => this.#fetch(command));
        return true;
      case 'trim':
        this.#trim(command);
        return true;
      case 'stop-fetch':
        this.#stop(this.#fetches.get(command.stream));
        return true;
      case 'pull':
        this.#transfer(() => this.#pull(command));
        return true;
      case 'stop-pull':
        this.#stop(this.#pulls.get(command.pull));
        return true;
      case 'set-size':
        this.#track(() => this.#part.setSize(command.sizeBytes));
        return true;
      case 'hash':
        this.#track(() => this.#hash(command.piece));
        return true;
      case 'sign':
        this.#track(() => this.#keep(this.#deps.sign(this.#offer, command.piece, command.sha256)));
        return true;
      case 'keep':
        this.#track(() => this.#keep(command.record));
        return true;
      case 'use-sources':
        this.#sources.add(command.urls, { trusted: false });
        return true;
      case 'unkeep':
        this.#track(async () => this.#part.unkeep(command.piece));
        return true;
      default:
        return false;
    }
  }

  /** Ends the transfers. Whatever is asked for later is not done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'ending';
    for (const transfer of [...this.#fetches.values(), ...this.#pulls.values()]) this.#stop(transfer);
    // What is written may still be hashed, and what is hashed kept.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#state = 'closed';
  }

  async #fetch({ stream, start, end, download }: Of<'fetch'>): Promise<void> {
    const transfer = this.#newTransfer(start, end, (from, to) =>
      this.#dispatch({ type: 'origin-bytes', download, stream, start: from, end: to }),
    );
    this.#fetches.set(stream, transfer);
    // An origin without ranges sends everything from the first byte: what is here already is passed over.
    let skip = this.#offer.ranges ? 0 : start;
    const onChunk = (chunk: Buffer): Promise<void> | undefined => {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        return undefined;
      }
      const wanted = skip > 0 ? chunk.subarray(skip) : chunk;
      skip = 0;
      return this.#take(transfer, wanted);
    };
    transfer.range = { start: this.#offer.ranges ? start : 0, end };
    const { identity } = this.#offer;
    const result = await this.#sources.fetchRange(transfer.range, {
      identity,
      onChunk,
      signal: transfer.abort.signal,
    });
    await transfer.writer.close();
    this.#fetches.delete(stream);
    const reachedEnd = transfer.position >= transfer.end;
    if (end === undefined && result.outcome === 'complete') {
      // It may have ended before the place from which on bytes were wanted.
      const sizeBytes = transfer.position - skip;
      await this.#part.setSize(sizeBytes);
      this.#dispatch({ type: 'size-known', download, sizeBytes });
    }
    const outcome = reachedEnd ? 'complete' : transfer.stopped ? 'stopped' : result.outcome;
    const { retryAfterMs } = result;
    const reason = reasonOf(outcome, result);
    const reachedStart = !this.#offer.ranges && start > 0 && skip === 0 && transfer.position === start;
    this.#dispatch({ type: 'origin-ended', download, stream, outcome, retryAfterMs, reason, reachedStart });
  }

  async #pull({ pull, from, start, end, download }: Of<'pull'>): Promise<void> {
    const transfer = this.#newTransfer(start, end, (first, next) =>
      this.#dispatch({ type: 'pull-bytes', download, pull, start: first, end: next }),
    );
    this.#pulls.set(pull, transfer);
    const result = await this.#deps.pull({
      peer: from,
      download,
      start,
      end,
      onChunk: (chunk) => this.#take(transfer, chunk),
      onRecords: (records) => this.#dispatch({ type: 'records', download, records }),
      signal: transfer.abort.signal,
    });
    await transfer.writer.close();
    this.#pulls.delete(pull);
    const outcome =
      transfer.position >= transfer.end ? 'complete' : transfer.stopped ? 'stopped' : result.outcome;
    this.#dispatch({ type: 'pull-ended', download, pull, outcome });
  }

  #newTransfer(
    start: number,
    end: number | undefined,
    onWritten: (start: number, end: number) => void,
  ): Transfer {
    const writer = this.#part.writer(start, end, onWritten);
    const abort = new AbortController();
    return {
      writer,
      abort,
      end: end ?? Number.POSITIVE_INFINITY,
      position: start,
      range: undefined,
      stopped: false,
    };
  }

  /** Writes a chunk, at most up to the transfer's end; past it the connection is given up. */
  #take(transfer: Transfer, chunk: Uint8Array): Promise<void> | undefined {
    const room = transfer.end - transfer.position;
    if (room <= 0) return undefined;
    const taken = chunk.length > room ? chunk.subarray(0, room) : chunk;
    transfer.position += taken.length;
    const wait = transfer.writer.write(taken);
    if (chunk.length > room) transfer.abort.abort();
    return wait;
  }

  #trim({ stream, end }: Of<'trim'>): void {
    const transfer = this.#fetches.get(stream);
    if (!transfer || end >= transfer.end) return;
    transfer.end = end;
    transfer.writer.trim(end);
    if (transfer.range) transfer.range.end = end;
    // Nothing more may come, so there is nothing to wait for either.
    if (transfer.position >= end) transfer.abort.abort();
  }

  #stop(transfer: Transfer | undefined): void {
    if (!transfer) return;
    transfer.stopped = true;
    transfer.abort.abort();
  }

  async #hash(piece: number): Promise<void> {
    const sha256 = await this.#part.hash(piece);
    this.#dispatch({ type: 'hashed', download: this.#offer.download, piece, sha256 });
  }

  /** A piece that the journal does not have is not kept: the others must not hear of it. */
  async #keep(record: PieceRecord): Promise<void> {
    await this.#part.keep(record);
    this.#dispatch({ type: 'kept', download: this.#offer.download, record });
  }

  #dispatch(event: Event): void {
    this.#deps.dispatch(event);
  }

  #transfer(work: () => Promise<void>): void {
    if (this.#state === 'open') this.#track(work);
  }

  /** The first error of the disk ends the download; its state is kept. */
  #track(work: () => Promise<void>): void {
    if (this.#state === 'closed') return;
    const tracked = work()
      .catch((thrown: unknown) => this.#broke(DragonloadError.from(thrown)))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  #broke(error: DragonloadError): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#dispatch({ type: 'failed', download: this.#offer.download, reason: error });
  }
}

/** Why a transfer did not end well, as the user is told if nobody else brings what is missing. */
function reasonOf(outcome: OriginOutcome, { error, message }: OriginResult): DragonloadError | undefined {
  if (outcome === 'complete' || outcome === 'stopped') return undefined;
  const isVerdict = outcome === 'refused' || outcome === 'expired' || outcome === 'rangeless';
  if (isVerdict && error !== undefined) return error;
  return new DragonloadError('origin-failed', message ?? 'The origin does not serve this member.', {
    hint: { kind: 'run-again' },
    mayPass: true,
  });
}
