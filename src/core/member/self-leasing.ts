import type { DownloadState } from '../download/download-state.ts';
import { OWN_LEASES } from '../fetching/lease-book.ts';
import type { OriginSide } from '../fetching/origin-side.ts';
import { type Outlook, Patience, runForSelfLease } from '../fetching/patience.ts';
import { MAX_PIECES } from '../geometry.ts';
import type { Run } from '../ranges.ts';
import type { LanSide } from './lan-side.ts';

export interface SelfLeasingOptions {
  readonly state: DownloadState;
  readonly origin: OriginSide;
  readonly lan: LanSide;
  readonly random: () => number;
  /** How long to wait for a fresh link when the one there is has expired. */
  readonly linkPatienceMs: number;
  readonly nowMs: number;
}

/** Gives a member leases of its own: when those who should bring pieces do not, and for pieces that it must not believe. */
export class SelfLeasing {
  readonly #options: SelfLeasingOptions;
  readonly #patience: Patience;
  #leases = 0;

  constructor(options: SelfLeasingOptions) {
    this.#options = options;
    this.#patience = new Patience(options.nowMs);
  }

  /** Bytes arrived that are good for something. */
  progress(nowMs: number): void {
    this.#patience.progress(nowMs);
  }

  /** The coordinator gave this member something to fetch: to wait for it is worth while again. */
  granted(): void {
    this.#patience.granted();
  }

  /**
   * What there is to hope for. `othersFetch`: somebody else may still bring pieces. `othersMayCome`:
   * members are looked for, or whoever would have told of them was found to lie.
   */
  outlook(othersFetch: boolean, othersMayCome: boolean, nowMs: number): Outlook {
    const { state, origin, lan, linkPatienceMs } = this.#options;
    const isGood = state.phase !== 'downloading' || origin.refusal === undefined || othersFetch || lan.isBusy;
    const patienceMs = origin.hasExpired ? linkPatienceMs : 0;
    const company = lan.hasPeers ? 'present' : othersMayCome ? 'lost' : 'none';
    return this.#patience.outlook(isGood, company, patienceMs, nowMs);
  }

  /** Fetches something unasked when everybody else has gone quiet, or is too slow. */
  tick(nowMs: number): void {
    const { state, lan, random } = this.#options;
    const { geometry, ledger } = state;
    const mostPieces = this.#mostPieces(nowMs);
    if (mostPieces === 0) return;
    if (geometry.pieceCount === undefined || !state.offer.ranges) {
      return this.take({ start: 0, end: geometry.pieceCount ?? MAX_PIECES });
    }
    const run = runForSelfLease(ledger.held, geometry.pieceCount, mostPieces, random());
    if (!run) return;
    // Whoever says to have them has not delivered, or would take too long.
    for (let piece = run.start; piece < run.end; piece++) lan.forbid(piece);
    this.take(run);
  }

  /** Leases these pieces to this member, whatever the coordinator thinks. */
  take(run: Run): void {
    const lease = OWN_LEASES + ++this.#leases;
    const bytes = this.#options.state.geometry.bytesOfRun(run);
    this.#options.origin.grant({ lease, kind: 'run', owner: undefined, ...bytes });
  }

  deadline(): number | undefined {
    return this.#patience.deadline(this.#isWaiting);
  }

  /** Whether all that this member can do is wait for others. */
  get #isWaiting(): boolean {
    const { state, origin } = this.#options;
    return state.phase === 'downloading' && origin.canFetch && origin.leases.size === 0;
  }

  #mostPieces(nowMs: number): number {
    const { state, origin, lan } = this.#options;
    const { geometry, ledger } = state;
    const patient = this.#isWaiting ? this.#patience.selfLeaseSize(nowMs) : 0;
    if (patient > 0) return patient;
    const waiting = this.#isWaiting && geometry.sizeBytes !== undefined && state.offer.ranges;
    const missingBytes = (geometry.sizeBytes ?? 0) - ledger.heldBytes;
    const rates = { lanRate: lan.rate(nowMs), originRate: origin.rate(nowMs) };
    return this.#patience.helpingOut(
      { waiting, missingBytes, ...rates, pieceBytes: geometry.pieceBytes },
      nowMs,
    );
  }
}
