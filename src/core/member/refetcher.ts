import type { Command } from '../contract.ts';
import type { DownloadState } from '../download/download-state.ts';
import type { OriginSide } from '../fetching/origin-side.ts';
import { toRuns } from '../ranges.ts';
import type { LanSide } from './lan-side.ts';
import type { SelfLeasing } from './self-leasing.ts';

/** A file that is still wrong after so many rounds will stay so. */
const MAX_ROUNDS = 4;
/** The same pieces are fetched again so many times: an origin that sends them wrong once more means it. */
const MAX_SAME_SET_ROUNDS = 2;
/** Without the origin, those who gave the wrong pieces are given this long to heal them, twice as long each further time. */
const FIRST_WAIT_MS = 5_000;

export interface RefetcherOptions {
  readonly state: DownloadState;
  readonly origin: OriginSide;
  readonly lan: LanSide;
  readonly selfLeasing: SelfLeasing;
  readonly emit: (command: Command) => void;
}

/** Fetches held pieces again that are not believed in any more, and knows when that is of no use. */
export class Refetcher {
  readonly #options: RefetcherOptions;
  #isHealed = false;
  #rounds = 0;
  #askAtMs: number | undefined;
  /** How often each set of pieces was fetched again. */
  readonly #sets = new Map<string, number>();
  /** What is being fetched again. The coordinator believes that it is held, and leases it to nobody. */
  readonly #pending = new Set<number>();

  constructor(options: RefetcherOptions) {
    this.#options = options;
  }

  /** The whole file is wrong, and nobody knows where: what others had signed is fetched again, once. False when it was, or there is nothing. */
  mismatch(nowMs: number): boolean {
    if (this.#isHealed) return false;
    this.#isHealed = true;
    const suspects = this.#options.state.foreignPieces();
    this.#startRound(suspects, nowMs);
    return suspects.length > 0;
  }

  /** The whole file is wrong because of these pieces. False when it is of no use to fetch them again. */
  suspect(named: readonly number[], nowMs: number): boolean {
    const { held } = this.#options.state.ledger;
    const pieces = [...new Set(named)].filter((piece) => held.has(piece)).sort((a, b) => a - b);
    const key = pieces.join();
    const times = (this.#sets.get(key) ?? 0) + 1;
    const isMeant = times > MAX_SAME_SET_ROUNDS && this.#options.origin.refusal === undefined;
    if (pieces.length === 0 || isMeant || this.#rounds >= MAX_ROUNDS) return false;
    this.#sets.set(key, times);
    this.#startRound(pieces, nowMs);
    return true;
  }

  /** Lets the members be asked again once they have had time. */
  tick(nowMs: number): void {
    if (this.#askAtMs === undefined || nowMs < this.#askAtMs) return;
    this.#askAtMs = undefined;
    this.#options.lan.allowAll();
  }

  deadline(): number | undefined {
    return this.#askAtMs;
  }

  #startRound(pieces: readonly number[], nowMs: number): void {
    const { origin, lan } = this.#options;
    this.#rounds += 1;
    this.refetch(pieces);
    if (origin.refusal === undefined) return;
    for (const piece of pieces) lan.forbid(piece);
    this.#askAtMs = nowMs + FIRST_WAIT_MS * 2 ** (this.#rounds - 1);
  }

  /** Pieces that this member holds but no longer believes in: back to the origin with them, by leases of its own. */
  refetch(unbelieved: readonly number[]): void {
    const { state, origin, lan, selfLeasing } = this.#options;
    const pieces = state.offer.ranges ? unbelieved : this.#heldBetween(unbelieved);
    for (const piece of pieces) {
      this.unkeep(piece);
      this.#pending.add(piece);
      state.ledger.reset(piece);
      if (origin.refusal === undefined) lan.forbid(piece);
      else lan.refresh(state.geometry.bytesOfRun({ start: piece, end: piece + 1 }));
    }
    for (const run of toRuns(pieces)) selfLeasing.take(run);
  }

  /** The origin serves again: what was to be fetched again and has not come is leased anew. */
  resume(): void {
    const { state, selfLeasing } = this.#options;
    for (const piece of this.#pending) if (state.ledger.held.has(piece)) this.#pending.delete(piece);
    for (const run of toRuns([...this.#pending].sort((a, b) => a - b))) selfLeasing.take(run);
  }

  /** Without ranges all that is missing comes in one pass, unless members have some of it. */
  refetchAcrossGaps(nowMs: number): void {
    const { origin, lan } = this.#options;
    if (lan.isBusy) return;
    const between = origin.heldBetween(nowMs);
    if (between.length > 0) this.refetch(between);
  }

  /** An origin without ranges sends what lies between all the same: one pass for all, instead of one for each. */
  #heldBetween(pieces: readonly number[]): readonly number[] {
    const last = pieces.at(-1);
    if (last === undefined) return pieces;
    const { held } = this.#options.state.ledger;
    return [...held].filter((piece) => piece >= pieces[0]! && piece <= last);
  }

  unkeep(piece: number): void {
    this.#options.emit({ type: 'unkeep', download: this.#options.state.offer.download, piece });
  }
}
