import type { Command, Event } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import { Geometry } from '../../core/geometry.ts';
import type { MemberId } from '../../core/ids.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { Part } from '../../disk/part.ts';
import type { PartWriter } from '../../disk/part-writer.ts';
import type { PieceHashes } from '../../lists/job.ts';
import type { MirroredBytes, Sources } from '../../origin/sources/sources.ts';

/** What a download needs of its surroundings. */
export interface RunnerDeps {
  readonly dispatch: (event: Event) => void;
  /** Gets bytes from a member; undefined alone. */
  readonly pull: PullFrom | undefined;
  /** Signs that this member fetched a piece; alone there is nobody to sign for. */
  readonly sign: (offer: Offer, piece: number, sha256: Uint8Array) => PieceRecord;
}

export type PullFrom = (request: {
  readonly peer: MemberId;
  readonly download: string;
  readonly start: number;
  readonly end: number;
  readonly onChunk: (chunk: Uint8Array) => Promise<void> | undefined;
  readonly onRecords: (records: readonly PieceRecord[]) => void;
  readonly signal: AbortSignal;
}) => Promise<{ readonly outcome: 'complete' | 'stopped' | 'broken' | 'refused' }>;

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

/** Carries out the core's commands for one download: between the origin, the room and the disk. */
export class DownloadRunner implements AsyncDisposable {
  readonly offer: Offer;
  readonly part: Part;
  /** Where it comes from. */
  readonly sources: Sources;
  /** Digests that the whole file must have; more may be learnt while it downloads. */
  expected: readonly ExpectedDigest[] = [];
  /** Digests that are still being looked for. Never rejects. */
  learning: Promise<readonly ExpectedDigest[]> = Promise.resolve([]);
  /** Hashes of its pieces as its publisher has cut it. */
  pieces: PieceHashes | undefined;
  readonly startedMs = performance.now();
  /** Bytes that an earlier run had left. */
  resumedBytes = 0;
  /** Why the download failed, with the next step, once it has. */
  lastError: DragonloadError | undefined;
  /** Why the origin turned this member away, the last time that it did. */
  refusal: DragonloadError | undefined;
  readonly #deps: RunnerDeps;
  readonly #fetches = new Map<number, Transfer>();
  readonly #pulls = new Map<number, Transfer>();
  readonly #running = new Set<Promise<void>>();
  /** What an earlier run had left is fetched again. */
  #isResumedInDoubt = false;

  constructor(offer: Offer, part: Part, sources: Sources, around: RunnerDeps) {
    this.offer = offer;
    this.part = part;
    this.sources = sources;
    this.#deps = around;
  }

  get geometry(): Geometry {
    return this.part.geometry;
  }

  /**
   * What there is in the file, or may be, of addresses for which nothing but samples speaks; undefined: nothing. Of what an
   * earlier run has left nobody knows from which address it came, where there are several.
   */
  get mirrored(): MirroredBytes | undefined {
    const { mirrored } = this.sources;
    const resumedBytes = this.#isResumedMixed ? this.resumedBytes : 0;
    if (resumedBytes === 0) return mirrored;
    const { bytes, comparedBytes } = mirrored ?? { bytes: 0, comparedBytes: 0 };
    return { bytes: bytes + resumedBytes, comparedBytes };
  }

  /**
   * The whole file is wrong, and nobody knows where: other addresses than the first are given up. Returns the pieces, in
   * order, that came from them or may have, for the first to bring them; none when that is of no use.
   */
  doubtOthers(): readonly number[] {
    if (!this.sources.isFirstLeft) return [];
    const pieces = new Set(this.#isResumedMixed ? this.part.resumed.map(({ piece }) => piece) : []);
    this.#isResumedInDoubt = true;
    for (const { start, end } of this.sources.doubtOthers()) {
      const last = this.geometry.pieceAt(end - 1);
      for (let piece = this.geometry.pieceAt(start); piece <= last; piece++) pieces.add(piece);
    }
    return [...pieces].sort((a, b) => a - b);
  }

  get #isResumedMixed(): boolean {
    return this.sources.hadOthers && !this.#isResumedInDoubt;
  }

  /** Returns false for commands that are not a download's business. */
  execute(command: Command): boolean {
    switch (command.type) {
      case 'fetch':
        this.#track(this.#fetch(command));
        return true;
      case 'trim':
        this.#trim(command);
        return true;
      case 'stop-fetch':
        this.#stop(this.#fetches.get(command.stream));
        return true;
      case 'pull':
        this.#track(this.#pull(command));
        return true;
      case 'stop-pull':
        this.#stop(this.#pulls.get(command.pull));
        return true;
      case 'set-size':
        this.#track(this.part.setSize(command.sizeBytes));
        return true;
      case 'hash':
        this.#track(this.#hash(command.piece));
        return true;
      case 'sign':
        this.#track(this.#keep(this.#deps.sign(this.offer, command.piece, command.sha256)));
        return true;
      case 'keep':
        this.#track(this.#keep(command.record));
        return true;
      case 'use-sources':
        this.sources.add(command.urls, { trusted: false });
        return true;
      case 'unkeep':
        this.part.unkeep(command.piece);
        return true;
      default:
        return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const transfer of [...this.#fetches.values(), ...this.#pulls.values()]) this.#stop(transfer);
    // What is written may still be hashed, and what is hashed kept.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.part[Symbol.asyncDispose]();
    await this.sources[Symbol.asyncDispose]();
  }

  async #fetch({ stream, start, end, download }: Of<'fetch'>): Promise<void> {
    const transfer = this.#transfer(start, end, (from, to) =>
      this.#dispatch({ type: 'origin-bytes', download, stream, start: from, end: to }),
    );
    this.#fetches.set(stream, transfer);
    // An origin without ranges sends everything from the first byte: what is here already is passed over.
    let skip = this.offer.ranges ? 0 : start;
    const onChunk = (chunk: Buffer): Promise<void> | undefined => {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        return undefined;
      }
      const wanted = skip > 0 ? chunk.subarray(skip) : chunk;
      skip = 0;
      return this.#take(transfer, wanted);
    };
    transfer.range = { start: this.offer.ranges ? start : 0, end };
    const { identity } = this.offer;
    const result = await this.sources.fetchRange(transfer.range, {
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
      await this.part.setSize(sizeBytes);
      this.#dispatch({ type: 'size-known', download, sizeBytes });
    }
    const outcome = reachedEnd ? 'complete' : transfer.stopped ? 'stopped' : result.outcome;
    const { retryAfterMs, message } = result;
    if (outcome === 'refused' || outcome === 'expired' || outcome === 'rangeless')
      this.refusal = result.error;
    this.#dispatch({ type: 'origin-ended', download, stream, outcome, retryAfterMs, message });
  }

  async #pull({ pull, from, start, end, download }: Of<'pull'>): Promise<void> {
    const transfer = this.#transfer(start, end, (first, next) =>
      this.#dispatch({ type: 'pull-bytes', download, pull, start: first, end: next }),
    );
    this.#pulls.set(pull, transfer);
    const result = await this.#deps.pull!({
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

  #transfer(
    start: number,
    end: number | undefined,
    onWritten: (start: number, end: number) => void,
  ): Transfer {
    const writer = this.part.writer(start, end, onWritten);
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
    const sha256 = await this.part.hash(piece);
    this.#dispatch({ type: 'hashed', download: this.offer.download, piece, sha256 });
  }

  /** A piece that the journal does not have is not kept: the others must not hear of it. */
  async #keep(record: PieceRecord): Promise<void> {
    await this.part.keep(record);
    this.#dispatch({ type: 'kept', download: this.offer.download, record });
  }

  #dispatch(event: Event): void {
    this.#deps.dispatch(event);
  }

  /** Errors of the disk end the download; its state is kept. */
  #track(work: Promise<void>): void {
    const tracked = work
      .catch((thrown: unknown) => {
        this.lastError = DragonloadError.from(thrown);
        const { code, message } = this.lastError;
        this.#dispatch({ type: 'failed', download: this.offer.download, code, message });
      })
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

/** How a file is cut, as its offer says. */
export function geometryOf(offer: Offer): Geometry {
  return new Geometry(offer.identity.sizeBytes, offer.pieceBytes);
}
