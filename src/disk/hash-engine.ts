import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { type Algorithm, type Digest, digestOf, type PieceDigest } from './digest.ts';

export type HashRequest =
  /** A file whose whole-file digests are wanted, from its first byte on; the descriptor stays open until `close` is answered. */
  | {
      readonly type: 'open';
      readonly part: number;
      readonly fd: number;
      readonly algorithms: readonly Algorithm[];
    }
  /**
   * The next bytes of a stream. `first` begins a piece and names its digest; the last of a piece has an `id` and is
   * answered with that digest. The block is freed in any case.
   */
  | {
      readonly type: 'block';
      readonly stream: number;
      readonly block: number;
      readonly length: number;
      readonly first: PieceDigest | undefined;
      readonly id: number | undefined;
    }
  | { readonly type: 'end-stream'; readonly stream: number }
  /** Answered with digests of a range of the file, all taken in one read. */
  | {
      readonly type: 'range';
      readonly part: number;
      readonly id: number;
      readonly start: number;
      readonly end: number;
      readonly algorithms: readonly (Algorithm | PieceDigest)[];
    }
  /** The file is final up to `end`. */
  | { readonly type: 'frontier'; readonly part: number; readonly end: number }
  /** Answered with the digests of the whole file as soon as all of it has been hashed. */
  | { readonly type: 'digests'; readonly part: number; readonly id: number; readonly sizeBytes: number }
  /** Answered when the descriptor is no longer needed; what was asked about it before is answered with an error. */
  | { readonly type: 'close'; readonly part: number; readonly id: number };

export type HashReply =
  | { readonly type: 'free'; readonly block: number }
  | { readonly type: 'answer'; readonly id: number; readonly digests: readonly Uint8Array[] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** Small enough to stay in the processor's cache between reading and hashing. */
const READ_BYTES = 256 * 1024;
/** What one step may read: it delays the blocks that arrive meanwhile by about a millisecond. */
const STEP_BYTES = 1024 * 1024;

interface Whole {
  readonly fd: number;
  readonly hashes: readonly Hash[];
  position: number;
  frontier: number;
  wanted: { readonly id: number; readonly sizeBytes: number } | undefined;
  error: string | undefined;
}

interface RangeJob {
  readonly part: number;
  readonly id: number;
  readonly hashes: readonly Digest[];
  position: number;
  readonly end: number;
}

/**
 * All hashing of part files, synchronously, on whichever thread it is put. Blocks are hashed as they are handed in,
 * since they hold memory that the network waits for; ranges of a file are read and hashed in `step()`, asked-for
 * ranges first, then the whole files up to their frontiers.
 */
export class HashEngine {
  readonly #blockAt: (index: number) => Uint8Array;
  readonly #reply: (reply: HashReply) => void;
  readonly #wholes = new Map<number, Whole>();
  readonly #streams = new Map<number, Digest>();
  #jobs: RangeJob[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(blockAt: (index: number) => Uint8Array, reply: (reply: HashReply) => void) {
    this.#blockAt = blockAt;
    this.#reply = reply;
  }

  handle(request: HashRequest): void {
    switch (request.type) {
      case 'open': {
        const { part, fd, algorithms } = request;
        const hashes = algorithms.map((algorithm) => createHash(algorithm));
        this.#wholes.set(part, { fd, hashes, position: 0, frontier: 0, wanted: undefined, error: undefined });
        return;
      }
      case 'block':
        this.#hashBlock(request.stream, request.block, request.length, request.first, request.id);
        return;
      case 'end-stream':
        this.#streams.delete(request.stream);
        return;
      case 'range': {
        const { part, id, start, end, algorithms } = request;
        this.#jobs.push({ part, id, hashes: algorithms.map(digestOf), position: start, end });
        return;
      }
      case 'frontier': {
        const whole = this.#wholes.get(request.part);
        if (whole) whole.frontier = request.end;
        return;
      }
      case 'digests': {
        const whole = this.#wholes.get(request.part);
        if (whole) whole.wanted = { id: request.id, sizeBytes: request.sizeBytes };
        else this.#fail(request.id, 'the file is closed');
        return;
      }
      case 'close':
        this.#close(request.part);
        this.#reply({ type: 'answer', id: request.id, digests: [] });
    }
  }

  /** Does about a millisecond of work that is not urgent. False: there is none left. */
  step(): boolean {
    const job = this.#jobs[0];
    if (job !== undefined) {
      const error = this.#read(this.#wholes.get(job.part)?.fd, job, job.end, job.hashes);
      if (error !== undefined) this.#fail(job.id, error);
      else if (job.position >= job.end)
        this.#reply({ type: 'answer', id: job.id, digests: job.hashes.map(finalOf) });
      else return true;
      this.#jobs.shift();
      return true;
    }
    for (const whole of this.#wholes.values()) {
      const isBehind = whole.position < whole.frontier && whole.error === undefined;
      if (isBehind) whole.error = this.#read(whole.fd, whole, whole.frontier, whole.hashes);
      if (this.#answerWhole(whole) || isBehind) return true;
    }
    return false;
  }

  #hashBlock(
    stream: number,
    block: number,
    length: number,
    first: PieceDigest | undefined,
    id: number | undefined,
  ): void {
    if (first !== undefined) this.#streams.set(stream, digestOf(first));
    const hash = this.#streams.get(stream);
    hash?.update(this.#blockAt(block).subarray(0, length));
    this.#reply({ type: 'free', block });
    if (id === undefined) return;
    this.#streams.delete(stream);
    if (hash) this.#reply({ type: 'answer', id, digests: [finalOf(hash)] });
    else this.#fail(id, 'the stream is closed');
  }

  /** Hashes the next bytes; returns what went wrong. */
  #read(
    fd: number | undefined,
    at: { position: number },
    end: number,
    hashes: readonly Digest[],
  ): string | undefined {
    if (fd === undefined) return 'the file is closed';
    const stop = Math.min(end, at.position + STEP_BYTES);
    try {
      while (at.position < stop) {
        const bytes = readSync(fd, this.#buffer, 0, Math.min(READ_BYTES, stop - at.position), at.position);
        if (bytes === 0) return 'the file is shorter than it should be';
        for (const hash of hashes) hash.update(this.#buffer.subarray(0, bytes));
        at.position += bytes;
      }
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
    return undefined;
  }

  #answerWhole(whole: Whole): boolean {
    const { wanted, error } = whole;
    if (wanted === undefined || (error === undefined && whole.position < wanted.sizeBytes)) return false;
    whole.wanted = undefined;
    if (error !== undefined) this.#fail(wanted.id, error);
    // A copy, so that the digests can be asked for again.
    else
      this.#reply({
        type: 'answer',
        id: wanted.id,
        digests: whole.hashes.map((hash) => new Uint8Array(hash.copy().digest())),
      });
    return true;
  }

  #close(part: number): void {
    for (const job of this.#jobs) if (job.part === part) this.#fail(job.id, 'the file is closed');
    this.#jobs = this.#jobs.filter((job) => job.part !== part);
    const whole = this.#wholes.get(part);
    if (whole?.wanted) this.#fail(whole.wanted.id, 'the file is closed');
    this.#wholes.delete(part);
  }

  #fail(id: number, message: string): void {
    this.#reply({ type: 'failed', id, message });
  }
}

/** A plain array, which is cheap to send to another thread. */
function finalOf(hash: Digest): Uint8Array {
  return new Uint8Array(hash.digest());
}
