/** Bytes in a block. The smallest piece is as large, so that a block never holds bytes of two pieces. */
export const BLOCK_BYTES = 256 * 1024;

/** Shared memory for bytes on their way to the disk and to the hash thread. Both threads know it by its index. */
export interface Block {
  readonly index: number;
  readonly bytes: Buffer<SharedArrayBuffer>;
  /** Users that still need its content; counted by the pool. */
  users: number;
}

/**
 * Blocks that are allocated when first needed and then reused. When all are taken, callers wait in line: this bounds
 * the memory of a download and slows the network down to the speed of the disk.
 */
export class BlockPool {
  readonly #limit: number;
  readonly #free: Block[] = [];
  readonly #waiting: ((block: Block) => void)[] = [];
  #made = 0;

  /** `limitBytes` bounds the memory held, in bytes; at least one block is allowed. */
  constructor(limitBytes: number) {
    this.#limit = Math.max(1, Math.floor(limitBytes / BLOCK_BYTES));
  }

  /** Blocks that are taken. */
  get taken(): number {
    return this.#made - this.#free.length;
  }

  /** Takes a block at once; undefined when all are taken or others wait already. */
  take(): Block | undefined {
    if (this.#waiting.length > 0) return undefined;
    const block = this.#free.pop();
    if (block !== undefined) block.users = 1;
    if (block !== undefined || this.#made === this.#limit) return block;
    return { index: this.#made++, bytes: Buffer.from(new SharedArrayBuffer(BLOCK_BYTES)), users: 1 };
  }

  /** Takes a block as soon as one is free, in order of the calls. */
  async wait(): Promise<Block> {
    return this.take() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  /** Adds a user of the block, who will give it back as well. */
  share(block: Block): void {
    block.users++;
  }

  /** Gives a block back: once for taking it and once for each sharing. */
  give(block: Block): void {
    if (--block.users > 0) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#free.push(block);
    } else {
      block.users = 1;
      next(block);
    }
  }
}

/**
 * All downloads of this process share one pool of 24 MiB: 40 ms of the fastest networks, and half a block for each of
 * more connections than there can be.
 */
export const pool = new BlockPool(24 * 1024 * 1024);
