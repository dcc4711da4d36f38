import { readSync } from 'node:fs';
import { type Digest, digestOf } from '../digests/digest.ts';
import { finalOf, type Job, PiecesJob, RangeJob, type Reading } from './hash-jobs.ts';
import type { HashReply, HashRequest } from './hash-messages.ts';
import { WholeHash } from './whole-hash.ts';

/** Bytes of one read: few enough to stay in the processor's cache until they are hashed. */
const READ_BYTES = 256 * 1024;
/** Most bytes that one step reads: it delays blocks that arrive meanwhile by about a millisecond. */
const STEP_BYTES = 1024 * 1024;

/**
 * Most blocks held for whole-file digests that have not come that far yet, of all files: half of the pool. All that is
 * on its way to the disk at a time has to fit, so that digests that fell behind can use blocks again.
 */
const MAX_AHEAD = 48;
/** Bytes that are further ahead than this are read back from the file later. */
const AHEAD_BYTES = 12 * 1024 * 1024;

type BlockRequest = Extract<HashRequest, { type: 'block' }>;

/**
 * All hashing of part files, synchronously, on any thread. Blocks are hashed when they are handed in, since they hold
 * memory that the network waits for; ranges of a file are read and hashed in `step()`: requested ranges first, then the
 * whole files as far as they are final.
 */
export class HashEngine {
  readonly #blockAt: (index: number) => Uint8Array;
  readonly #reply: (reply: HashReply) => void;
  readonly #wholes = new Map<number, WholeHash>();
  /** Parts whose whole-file digests may take bytes from blocks. */
  readonly #onTheWay = new Set<number>();
  readonly #streams = new Map<number, Digest>();
  #jobs: Job[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(blockAt: (index: number) => Uint8Array, reply: (reply: HashReply) => void) {
    this.#blockAt = blockAt;
    this.#reply = reply;
  }

  handle(request: HashRequest): void {
    switch (request.type) {
      case 'open': {
        const { part, fd, algorithms, onTheWay } = request;
        const free = (block: number) => this.#reply({ type: 'free', block });
        this.#wholes.set(part, new WholeHash(fd, algorithms, free));
        if (onTheWay) this.#onTheWay.add(part);
        return;
      }
      case 'block':
        this.#hashBlock(request);
        return;
      case 'rewritten':
        this.#wholes.get(request.part)?.rewritten(request.offset);
        return;
      case 'end-stream':
        this.#streams.delete(request.stream);
        return;
      case 'range':
        this.#jobs.push(new RangeJob(request));
        return;
      case 'pieces':
        this.#jobs.push(new PiecesJob(request));
        return;
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

  /** Does about a millisecond of work that is not urgent; false when none is left. */
  step(): boolean {
    const job = this.#jobs[0];
    if (job !== undefined) {
      const error = this.#read(this.#wholes.get(job.part)?.fd, job, job.end);
      if (error !== undefined) this.#fail(job.id, error);
      else if (job.position >= job.end) this.#reply({ type: 'answer', id: job.id, digests: job.digests() });
      else return true;
      this.#jobs.shift();
      return true;
    }
    for (const whole of this.#wholes.values()) {
      const isBehind = whole.position < whole.frontier && whole.error === undefined;
      if (isBehind) whole.error = this.#read(whole.fd, whole, whole.frontier);
      if (this.#answerWhole(whole) || isBehind) return true;
    }
    return false;
  }

  #hashBlock({ part, stream, block, offset, length, first, id }: BlockRequest): void {
    if (first !== undefined) this.#streams.set(stream, digestOf(first));
    const hash = this.#streams.get(stream);
    const bytes = this.#blockAt(block).subarray(0, length);
    hash?.update(bytes);
    if (id !== undefined) {
      this.#streams.delete(stream);
      if (hash) this.#reply({ type: 'answer', id, digests: [finalOf(hash)] });
      else this.#fail(id, 'the stream is closed');
    }
    const whole = this.#onTheWay.has(part) ? this.#wholes.get(part) : undefined;
    if (whole === undefined || !this.#isHeld(whole, block, offset, bytes))
      this.#reply({ type: 'free', block });
  }

  /** Gives a block to the whole-file digests; true when they hold it for later. */
  #isHeld(whole: WholeHash, block: number, offset: number, bytes: Uint8Array): boolean {
    if (offset < whole.position) whole.rewritten(offset);
    if (offset === whole.position) {
      whole.update(bytes);
      return false;
    }
    if (offset - whole.position > AHEAD_BYTES) return false;
    let held = 0;
    for (const { aheadCount } of this.#wholes.values()) held += aheadCount;
    if (held >= MAX_AHEAD) return false;
    whole.hold(offset, block, bytes);
    return true;
  }

  /** Hashes the next bytes; returns the failure, if there is one. */
  #read(fd: number | undefined, to: Reading, end: number): string | undefined {
    if (fd === undefined) return 'the file is closed';
    const stop = Math.min(end, to.position + STEP_BYTES);
    try {
      while (to.position < stop) {
        const length = Math.min(READ_BYTES, stop - to.position);
        const bytes = readSync(fd, this.#buffer, 0, length, to.position);
        if (bytes === 0) return 'the file is shorter than it should be';
        to.update(this.#buffer.subarray(0, bytes));
      }
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
    return undefined;
  }

  #answerWhole(whole: WholeHash): boolean {
    const { wanted, error } = whole;
    if (wanted === undefined || (error === undefined && whole.position < wanted.sizeBytes)) return false;
    whole.wanted = undefined;
    if (error !== undefined) this.#fail(wanted.id, error);
    else this.#reply({ type: 'answer', id: wanted.id, digests: whole.digests() });
    return true;
  }

  #close(part: number): void {
    for (const job of this.#jobs) if (job.part === part) this.#fail(job.id, 'the file is closed');
    this.#jobs = this.#jobs.filter((job) => job.part !== part);
    const whole = this.#wholes.get(part);
    if (whole?.wanted) this.#fail(whole.wanted.id, 'the file is closed');
    whole?.clear();
    this.#wholes.delete(part);
    this.#onTheWay.delete(part);
  }

  #fail(id: number, message: string): void {
    this.#reply({ type: 'failed', id, message });
  }
}
