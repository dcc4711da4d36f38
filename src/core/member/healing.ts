import { toRuns } from '../ranges.ts';
import type { Command } from './api.ts';
import type { DownloadState } from './download-state.ts';
import type { LanSide } from './lan-side.ts';
import type { OriginSide } from './origin-side.ts';
import type { SelfHelp } from './self-help.ts';

/** A file that is still wrong after so many rounds will stay so. */
const MAX_ROUNDS = 4;
/** The same pieces are fetched again so many times: an origin that sends them wrong once more means it. */
const MAX_SAME = 2;

export interface HealingOptions {
  readonly state: DownloadState;
  readonly origin: OriginSide;
  readonly lan: LanSide;
  readonly selfHelp: SelfHelp;
  readonly emit: (command: Command) => void;
}

/** Fetches held pieces again that are not believed in any more, and knows when that is of no use. */
export class Healing {
  readonly #options: HealingOptions;
  #isHealed = false;
  #rounds = 0;
  /** How often each set of pieces was fetched again. */
  readonly #sets = new Map<string, number>();
  /** What is being fetched again. The coordinator believes that it is held, and leases it to nobody. */
  readonly #pending = new Set<number>();

  constructor(options: HealingOptions) {
    this.#options = options;
  }

  /** The whole file is wrong, and nobody knows where: what others had signed is fetched again, once. False when it was, or there is nothing. */
  mismatch(): boolean {
    if (this.#isHealed) return false;
    this.#isHealed = true;
    const suspects = this.#options.state.foreignPieces();
    this.fetchAgain(suspects);
    return suspects.length > 0;
  }

  /** The whole file is wrong because of these pieces. False when it is of no use to fetch them again. */
  suspect(named: readonly number[]): boolean {
    const { held } = this.#options.state.ledger;
    const pieces = [...new Set(named)].filter((piece) => held.has(piece)).sort((a, b) => a - b);
    const key = pieces.join();
    const times = (this.#sets.get(key) ?? 0) + 1;
    if (pieces.length === 0 || times > MAX_SAME || this.#rounds >= MAX_ROUNDS) return false;
    this.#sets.set(key, times);
    this.#rounds += 1;
    this.fetchAgain(pieces);
    return true;
  }

  /** Pieces that this member holds but no longer believes in: back to the origin with them, by leases of its own. */
  fetchAgain(pieces: readonly number[]): void {
    const { state, origin, lan, selfHelp } = this.#options;
    for (const piece of pieces) {
      this.unkeep(piece);
      this.#pending.add(piece);
      state.ledger.reset(piece);
      if (origin.refusal === undefined) lan.forbid(piece);
      else lan.refresh(state.geometry.bytesOfRun({ start: piece, end: piece + 1 }));
    }
    for (const run of toRuns(pieces)) selfHelp.take(run);
  }

  /** The origin serves again: what was to be fetched again and has not come is leased anew. */
  resume(): void {
    const { state, selfHelp } = this.#options;
    for (const piece of this.#pending) if (state.ledger.held.has(piece)) this.#pending.delete(piece);
    for (const run of toRuns([...this.#pending].sort((a, b) => a - b))) selfHelp.take(run);
  }

  unkeep(piece: number): void {
    this.#options.emit({ type: 'unkeep', download: this.#options.state.offer.download, piece });
  }
}
