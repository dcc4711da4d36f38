import type { DownloadState } from '../download/download-state.ts';
import type { OriginSide } from '../fetching/origin-side.ts';
import type { Report } from '../messages.ts';

/** While it fetches, a member tells the coordinator how its leases go this often. */
const REPORT_MS = 250;

export interface ReporterOptions {
  readonly state: DownloadState;
  readonly origin: OriginSide;
  /** To whoever coordinates, which may be this member. */
  readonly toCoordinator: (message: Report) => void;
}

/** Tells the coordinator how the leases of one download go: regularly while there are any, and at once when asked to. */
export class Reporter {
  readonly #options: ReporterOptions;
  #epoch = 0;
  #atMs: number | undefined;
  #isUrgent = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Another coordinator: it has to be told everything. */
  coordinatorChanged(epoch: number): void {
    this.#epoch = epoch;
    this.#isUrgent = true;
  }

  /** Something happened that the coordinator should know now. */
  hurry(): void {
    this.#isUrgent = true;
  }

  isDue(nowMs: number): boolean {
    return this.#isUrgent || (this.#atMs !== undefined && nowMs >= this.#atMs);
  }

  report(nowMs: number): void {
    const { state, origin, toCoordinator } = this.#options;
    const { leases } = origin;
    const canFetch = state.phase === 'downloading' && origin.canFetch;
    const wants = canFetch ? leases.wants : 0;
    this.#isUrgent = false;
    toCoordinator({
      type: 'report',
      epoch: this.#epoch,
      download: state.offer.download,
      originRate: origin.rate(nowMs),
      canFetch,
      wants,
      seenLease: leases.seen,
      leases: leases.reports((range) => state.ledger.filledIn(range)),
    });
    this.#atMs = canFetch && (wants > 0 || leases.size > 0) ? nowMs + REPORT_MS : undefined;
  }

  deadline(): number | undefined {
    return this.#atMs;
  }
}
