import type { Command, FailureReason, ProbeDone } from '../contract.ts';
import type { DownloadState } from '../download/download-state.ts';
import { Failure } from '../download/failure.ts';
import { isRevivable } from '../download/revivable.ts';
import type { OriginSide } from '../fetching/origin-side.ts';
import type { LanSide } from './lan-side.ts';
import type { Reporter } from './lease-reporter.ts';
import type { Refetcher } from './refetcher.ts';
import type { SelfLeasing } from './self-leasing.ts';

export interface DownloadCourseOptions {
  readonly state: DownloadState;
  readonly origin: OriginSide;
  readonly lan: LanSide;
  readonly selfLeasing: SelfLeasing;
  readonly refetcher: Refetcher;
  readonly reporter: Reporter;
  /** Ends all transfers. */
  readonly stop: () => void;
  /** Does whatever can be done now. */
  readonly schedule: (nowMs: number) => void;
  readonly emit: (command: Command) => void;
}

/**
 * The course of a download from its turn to its end: whether there is an origin, whether there is hope without one, and what
 * comes of the check of the whole file.
 */
export class DownloadCourse {
  readonly #options: DownloadCourseOptions;
  readonly #state: DownloadState;
  readonly #failure: Failure;
  /** What was offered had a size, with which that at the origin was compared. */
  readonly #hadSize: boolean;
  #needsLink = false;

  constructor(options: DownloadCourseOptions) {
    const { state, stop, emit } = options;
    this.#options = options;
    this.#state = state;
    this.#failure = new Failure({ state, stop, emit });
    this.#hadSize = state.offer.identity.sizeBytes !== undefined;
  }

  /** Whether it has failed for good. */
  get isFinal(): boolean {
    return this.#failure.isFinal;
  }

  /** Its turn has come. The wait for it does not count. */
  start(nowMs: number): void {
    if (this.#state.phase === 'waiting') this.#download(nowMs);
  }

  /** This member has looked at the origin itself. */
  probed({ canFetch, reason, hasExpired = false }: ProbeDone, nowMs: number): void {
    const { origin, lan } = this.#options;
    origin.probed(canFetch, reason, hasExpired);
    // The origin names the same size as the room: it was compared.
    if (canFetch && this.#hadSize) this.#state.sizeFrom = undefined;
    if (canFetch) this.#failure.goOn();
    else lan.allowAll();
    this.#carryOn(nowMs);
  }

  /** There is something new about the origin: a member that it had turned away may try again, and a failed download goes on. */
  revive(nowMs: number): void {
    if (this.#state.phase === 'done' || this.#failure.isFinal) return;
    const { origin } = this.#options;
    const wasRefused = origin.refusal !== undefined;
    origin.revive();
    this.#failure.goOn();
    this.#fetches(wasRefused, nowMs);
  }

  /** The world gave up on this download. A wrong digest is first answered by fetching what others had signed. */
  failed(reason: FailureReason, nowMs: number): void {
    const isMismatch = reason.code === 'digest-mismatch' && this.#state.phase === 'checking';
    if (isMismatch && this.#options.refetcher.mismatch(nowMs)) return this.#download(nowMs);
    this.#failure.declare(reason, isRevivable(reason.code));
  }

  /** The file has its name. */
  finished(nowMs: number): void {
    if (this.#state.phase !== 'checking') return;
    this.#state.phase = 'done';
    const { origin, emit } = this.#options;
    const { download } = this.#state.offer;
    const signers = [...this.#state.signers()];
    emit({ type: 'done', download, signers, connections: origin.connections(nowMs) });
  }

  /** The whole file is wrong because of these pieces. */
  suspect(pieces: readonly number[], reason: FailureReason, nowMs: number): void {
    if (this.#state.phase !== 'checking') return;
    if (this.#options.refetcher.suspect(pieces, nowMs)) return this.#download(nowMs);
    this.#failure.declare(reason, false);
  }

  /**
   * The origin has turned this member away: there is hope only while others fetch or hold what it lacks, while somebody may
   * have a fresh link, or while the file can be read as a whole.
   */
  giveUpIfHopeless(othersFetch: boolean, othersMayCome: boolean, nowMs: number): void {
    const { origin, selfLeasing, emit } = this.#options;
    const outlook = selfLeasing.outlook(othersFetch, othersMayCome, nowMs);
    const needsLink = outlook === 'link';
    if (needsLink && !this.#needsLink)
      emit({ type: 'needs-link', download: this.#state.offer.download, reason: origin.refusal! });
    this.#needsLink = needsLink;
    if (outlook !== 'none') return;
    if (origin.readWhole()) return this.#fetches(true, nowMs);
    this.#failure.declare(origin.refusal!, true);
  }

  /** Pieces are missing: for the first time, or again after all were held. */
  #download(nowMs: number): void {
    this.#state.phase = 'downloading';
    this.#carryOn(nowMs);
  }

  /** Asks the origin from now on, as it had not done if it was refused. */
  #fetches(wasRefused: boolean, nowMs: number): void {
    if (wasRefused) this.#options.refetcher.resume();
    this.#carryOn(nowMs);
  }

  #carryOn(nowMs: number): void {
    const { selfLeasing, reporter, schedule } = this.#options;
    selfLeasing.progress(nowMs);
    reporter.hurry();
    schedule(nowMs);
  }
}
