import { Worker } from 'node:worker_threads';
import { DragonloadError } from '../../core/errors.ts';
import type { Algorithm, PieceDigest } from '../digests/digest.ts';
import { type Block, pool } from '../files/block-pool.ts';
import { HashEngine } from './hash-engine.ts';
import type { HashReply, HashRequest } from './hash-messages.ts';
import type { BlockMemory } from './hash-worker.ts';

interface Call {
  readonly resolve: (digests: readonly Uint8Array[]) => void;
  readonly reject: (error: DragonloadError) => void;
}

type Request = HashRequest extends infer R
  ? R extends { readonly id: unknown }
    ? Omit<R, 'id'>
    : never
  : never;

/** A block and where its bytes go: to the file of `part`, from `offset` on. */
export interface Lent {
  readonly part: number;
  readonly stream: number;
  readonly block: Block;
  readonly offset: number;
  readonly length: number;
  /** The block begins a piece, of which this digest is wanted. */
  readonly first: PieceDigest | undefined;
}

/**
 * The calling side of a `HashEngine`, on this thread or on its own. Calls reject with `internal` when the file could
 * not be read or the thread died.
 */
export class Hasher {
  readonly #post: (message: HashRequest | BlockMemory) => void;
  readonly #calls = new Map<number, Call>();
  readonly #lent = new Map<number, Block>();
  /** Blocks whose memory was sent to the thread; undefined when there is no thread. */
  readonly #known: Set<number> | undefined;
  readonly #ref: (() => void) | undefined;
  readonly #unref: (() => void) | undefined;
  #nextId = 1;
  #files = 0;
  #failure: DragonloadError | undefined;

  private constructor(worker: Worker | undefined) {
    if (worker === undefined) {
      const engine = new HashEngine(
        (index) => this.#lent.get(index)?.bytes ?? new Uint8Array(),
        (reply) => this.#take(reply),
      );
      this.#post = (message) => {
        if (message.type === 'memory') return;
        engine.handle(message);
        while (engine.step());
      };
      return;
    }
    this.#known = new Set();
    this.#post = (message) => worker.postMessage(message);
    this.#ref = () => worker.ref();
    this.#unref = () => worker.unref();
    worker.unref();
    worker.on('message', (replies: readonly HashReply[]) => {
      for (const reply of replies) this.#take(reply);
    });
    worker.on('error', (thrown) => this.#die(thrown));
    worker.on('exit', () => this.#die(undefined));
  }

  /** Hashes on this thread at once: for files so small that starting a thread would take longer. */
  static inline(): Hasher {
    return new Hasher(undefined);
  }

  static #shared: Hasher | undefined;

  /** The hash thread of this process, started when first needed. It does not keep the process alive by itself. */
  static thread(): Hasher {
    if (Hasher.#shared === undefined || Hasher.#shared.#failure !== undefined) {
      // The bundled worker is beside the bundle; in the source tree it is the source file.
      const name = import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js';
      Hasher.#shared = new Hasher(
        // Options meant for the main script, such as --input-type, would keep the worker from starting.
        new Worker(new URL(name, import.meta.url), {
          execArgv: [],
          resourceLimits: { maxYoungGenerationSizeMb: 8 },
        }),
      );
    }
    return Hasher.#shared;
  }

  /** Begins the whole-file digests of an open file; `part` is a number of the caller's own, unique in the process. */
  open(part: number, fd: number, algorithms: readonly Algorithm[], onTheWay: boolean): void {
    if (this.#files++ === 0) this.#ref?.();
    this.#send({ type: 'open', part, fd, algorithms, onTheWay });
  }

  /** Resolves when the descriptor may be closed. */
  async close(part: number): Promise<void> {
    try {
      await this.#call({ type: 'close', part });
    } catch {
      // A dead thread does not read any more.
    }
    if (--this.#files === 0) this.#unref?.();
  }

  /**
   * Lends a block to the hashing of a stream; the caller has shared it, and it is given back to the pool here. Resolves
   * with the digest that the first block of a piece asked for when given the last block of that piece, else with
   * undefined.
   */
  block({ block, ...place }: Lent, isLast: boolean): Promise<Uint8Array> | undefined {
    this.#lend(block);
    const request = { type: 'block', block: block.index, ...place } as const;
    if (isLast) return this.#call(request).then(([digest]) => digest ?? new Uint8Array());
    this.#send({ ...request, id: undefined });
    return undefined;
  }

  /** Bytes from `offset` on are replaced, by blocks that are not lent or because a kept piece was unkept. */
  rewritten(part: number, offset: number): void {
    this.#send({ type: 'rewritten', part, offset });
  }

  endStream(stream: number): void {
    this.#send({ type: 'end-stream', stream });
  }

  /** Digests of bytes `start` to `end - 1` as they are in the file. */
  async range(
    part: number,
    start: number,
    end: number,
    algorithms: readonly (Algorithm | PieceDigest)[],
  ): Promise<readonly Uint8Array[]> {
    return await this.#call({ type: 'range', part, start, end, algorithms });
  }

  /** The digests, end to end, of the pieces of `pieceBytes` that bytes `start` to `end - 1` are cut into. */
  async pieces(
    part: number,
    start: number,
    end: number,
    pieceBytes: number,
    algorithm: Algorithm,
  ): Promise<Uint8Array> {
    const [digests] = await this.#call({ type: 'pieces', part, start, end, pieceBytes, algorithm });
    return digests ?? new Uint8Array();
  }

  /** The file is final up to `end`: the whole-file digests may go on that far. */
  frontier(part: number, end: number): void {
    this.#send({ type: 'frontier', part, end });
  }

  /** The digests of the whole file, in the order the algorithms were given; waits for the frontier to reach its end. */
  async digests(part: number, sizeBytes: number): Promise<readonly Uint8Array[]> {
    return await this.#call({ type: 'digests', part, sizeBytes });
  }

  #lend(block: Block): void {
    this.#lent.set(block.index, block);
    if (this.#known === undefined || this.#known.has(block.index)) return;
    this.#known.add(block.index);
    this.#post({ type: 'memory', block: block.index, bytes: block.bytes });
  }

  #send(request: HashRequest): void {
    if (this.#failure === undefined) this.#post(request);
    else if (request.type === 'block') this.#free(request.block);
  }

  #call(request: Request): Promise<readonly Uint8Array[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        if (request.type === 'block') this.#free(request.block);
        reject(this.#failure);
        return;
      }
      const id = this.#nextId++;
      this.#calls.set(id, { resolve, reject });
      this.#post({ ...request, id } as HashRequest);
    });
  }

  #take(reply: HashReply): void {
    if (reply.type === 'free') {
      this.#free(reply.block);
      return;
    }
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if (reply.type === 'answer') call?.resolve(reply.digests);
    else
      call?.reject(
        new DragonloadError('internal', `Reading back what was written failed: ${reply.message}.`),
      );
  }

  #free(index: number): void {
    const block = this.#lent.get(index);
    this.#lent.delete(index);
    if (block) pool.give(block);
  }

  #die(cause: unknown): void {
    this.#failure ??= new DragonloadError('internal', 'The thread that hashes files has stopped.', { cause });
    for (const call of this.#calls.values()) call.reject(this.#failure);
    this.#calls.clear();
    for (const index of [...this.#lent.keys()]) this.#free(index);
  }
}
