/** News of pieces that this member fetched, which nobody else has, go out at most this often, the first at once. */
const FETCHED_MS = 50;
/** News of pieces that it pulled, which others have as well: in a large room they are most of what there is to say. */
const PULLED_MS = 150;

/** Collects new pieces for a moment, so that many small ones make one message. */
export class Announcer {
  #pieces: number[] = [];
  #dueMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  get deadline(): number | undefined {
    return this.#dueMs;
  }

  add(piece: number, fetched: boolean, nowMs: number): void {
    this.#pieces.push(piece);
    const dueMs = fetched ? Math.max(nowMs, this.#lastMs + FETCHED_MS) : nowMs + PULLED_MS;
    this.#dueMs = Math.min(this.#dueMs ?? dueMs, dueMs);
  }

  /** The pieces to announce now, ascending; undefined when there are none, or it is not time and not `urgent`. */
  take(nowMs: number, urgent: boolean): readonly number[] | undefined {
    if (this.#dueMs === undefined || (nowMs < this.#dueMs && !urgent)) return undefined;
    const pieces = this.#pieces.sort((a, b) => a - b);
    this.#pieces = [];
    this.#dueMs = undefined;
    this.#lastMs = nowMs;
    return pieces;
  }
}
