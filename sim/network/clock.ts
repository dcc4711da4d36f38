interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** Virtual time: a heap of actions. Those of the same moment run in the order in which they were scheduled. */
export class Clock {
  #nowMs = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next action is due; infinite when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Runs `action` at `atMs`, or as soon as possible when that has passed. */
  at(atMs: number, action: () => void): void {
    const heap = this.#heap;
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, action };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.#nowMs + delayMs, action);
  }

  /** Moves on to `atMs`, which must not lie beyond the next action. */
  advance(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** Takes the next action off the heap and runs it. */
  step(): void {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let index = 0;
      for (;;) {
        let child = 2 * index + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
        if (!before(heap[child]!, last)) break;
        heap[index] = heap[child]!;
        index = child;
      }
      heap[index] = last;
    }
    this.advance(first.atMs);
    first.action();
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
