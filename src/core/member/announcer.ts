/** New pieces are announced together, at most this much later. */
const ANNOUNCE_MS = 15;

/** Collects new pieces for a moment, so that many small ones make one message. */
export class Announcer {
  #pieces: number[] = [];
  #dueMs: number | undefined;

  get deadline(): number | undefined {
    return this.#dueMs;
  }

  add(piece: number, nowMs: number): void {
    this.#pieces.push(piece);
    this.#dueMs ??= nowMs + ANNOUNCE_MS;
  }

  /** The pieces to announce now, ascending; undefined when there are none, or it is not time and not `urgent`. */
  take(nowMs: number, urgent: boolean): readonly number[] | undefined {
    if (this.#dueMs === undefined || (nowMs < this.#dueMs && !urgent)) return undefined;
    const pieces = this.#pieces.sort((a, b) => a - b);
    this.#pieces = [];
    this.#dueMs = undefined;
    return pieces;
  }
}
