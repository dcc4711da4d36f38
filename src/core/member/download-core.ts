import type { AddDownload, Command, OriginBytes, OriginEnded, PullBytes, PullEnded } from '../contract.ts';
import { Announcer } from '../download/announcer.ts';
import { DownloadState } from '../download/download-state.ts';
import type { Knowledge } from '../download/knowledge.ts';
import type { SideOptions } from '../download/side-options.ts';
import { OWN_LEASES } from '../fetching/lease-book.ts';
import { OriginSide } from '../fetching/origin-side.ts';
import type { DownloadId, MemberId } from '../ids.ts';
import type { Ledger } from '../ledger.ts';
import type { DownloadStatus, Fragment, Grant, Message, PieceRecord, Report, Revoke } from '../messages.ts';
import type { Run } from '../ranges.ts';
import { DownloadCourse } from './download-course.ts';
import { Helpers } from './helpers.ts';
import { LanSide } from './lan-side.ts';
import { Reporter } from './lease-reporter.ts';
import { ReceivedPieces } from './received-pieces.ts';
import { Refetcher } from './refetcher.ts';
import { SelfLeasing } from './self-leasing.ts';

export interface DownloadCoreOptions {
  readonly me: MemberId;
  readonly added: AddDownload;
  readonly knowledge: Knowledge;
  readonly random: () => number;
  readonly emit: (command: Command) => void;
  readonly broadcast: (message: Message) => void;
  /** To whoever coordinates, which may be this member. */
  readonly toCoordinator: (message: Report) => void;
  readonly nowMs: number;
}

/**
 * One download on one member. Bytes arrive from the origin and from members, piece by piece; a piece counts once its
 * hash is signed by this member (it came from the origin) or equals the record of another (it came over the LAN).
 */
export class DownloadCore {
  readonly #options: DownloadCoreOptions;
  readonly state: DownloadState;
  readonly #origin: OriginSide;
  readonly #lan: LanSide;
  readonly startedMs: number;
  #writers = 0;
  readonly #pieces: ReceivedPieces;
  readonly #announcer = new Announcer();
  readonly #helpers = new Helpers();
  readonly #selfLeasing: SelfLeasing;
  readonly #refetcher: Refetcher;
  /** Where it stands as a whole. */
  readonly course: DownloadCourse;
  readonly #reporter: Reporter;
  #hasLeft = false;

  constructor(options: DownloadCoreOptions) {
    const { added, knowledge } = options;
    this.#options = options;
    this.state = new DownloadState(options.me, added.offer, added.held, knowledge);
    this.startedMs = options.nowMs;
    const { ledger } = this.state;
    const side: SideOptions = {
      download: added.offer.download,
      ledger,
      random: options.random,
      nextWriter: () => ++this.#writers,
      emit: options.emit,
    };
    this.#lan = new LanSide({ ...side, me: options.me, availability: knowledge.availability });
    this.#origin = new OriginSide({
      ...side,
      ranges: added.offer.ranges,
      maxConnections: added.maxConnections,
      firstConnections: added.firstConnections,
      onLan: (piece) => this.#lan.canGet(piece),
      isAlone: () => !this.#lan.hasPeers,
      changed: (range) => this.#lan.refresh(range),
    });
    const { random, nowMs } = options;
    const parts = { state: this.state, origin: this.#origin, lan: this.#lan };
    const linkPatienceMs = added.linkPatienceMs ?? 0;
    this.#selfLeasing = new SelfLeasing({ ...parts, random, linkPatienceMs, nowMs });
    const { toCoordinator, emit } = options;
    this.#reporter = new Reporter({ ...parts, toCoordinator });
    this.#refetcher = new Refetcher({ ...parts, selfLeasing: this.#selfLeasing, emit });
    this.course = new DownloadCourse({
      ...parts,
      selfLeasing: this.#selfLeasing,
      refetcher: this.#refetcher,
      reporter: this.#reporter,
      stop: () => this.stop(),
      schedule: (nowMs) => this.schedule(nowMs),
      emit,
    });
    const schedule = (nowMs: number) => this.schedule(nowMs);
    const pieces = {
      state: this.state,
      lan: this.#lan,
      refetcher: this.#refetcher,
      announcer: this.#announcer,
    };
    this.#pieces = new ReceivedPieces({ ...pieces, schedule, emit });
  }

  get #ledger(): Ledger {
    return this.state.ledger;
  }

  get #download(): DownloadId {
    return this.state.offer.download;
  }

  /** Another coordinator: it has to be told everything. */
  coordinatorChanged(epoch: number): void {
    this.#reporter.coordinatorChanged(epoch);
  }

  peerDown(peer: MemberId, nowMs: number): void {
    this.#lan.peerDown(peer);
    this.schedule(nowMs);
  }

  /** Whether this member is reading a file of unknown size from the origin, and will find its end. */
  get isStreaming(): boolean {
    return this.state.geometry.sizeBytes === undefined && this.#origin.activeStreams > 0;
  }

  /** The connections are worth nothing any more. */
  networkChanged(nowMs: number): void {
    this.#origin.reconnect();
    this.course.revive(nowMs);
  }

  onGrant({ lease }: Grant, nowMs: number): void {
    if (lease.owner === this.#options.me) return this.#helpers.expect(lease);
    if (lease.lease < OWN_LEASES && this.#origin.grant(lease)) this.#selfLeasing.granted();
    this.schedule(nowMs);
  }

  onRevoke(revoke: Revoke, nowMs: number): void {
    if (revoke.lease < OWN_LEASES) this.#origin.revoke(revoke.lease, revoke.end, nowMs);
    this.#reporter.hurry();
    this.schedule(nowMs);
  }

  /** Another member holds these pieces. */
  onHave(runs: readonly Run[], nowMs: number): void {
    if (this.state.offer.ranges) this.#origin.skip(runs);
    this.schedule(nowMs);
  }

  onFragment(from: MemberId, fragment: Fragment, nowMs: number): void {
    // One that has just failed to deliver must not stop the stream at the same place again.
    const welcome = this.#helpers.isExpected(fragment) && !this.#lan.isAvoided(from, nowMs);
    const range = welcome ? this.#origin.fragment(fragment) : undefined;
    if (range) this.#lan.pullFragment(from, range, nowMs);
    this.schedule(nowMs);
  }

  originBytes(event: OriginBytes, nowMs: number): void {
    this.#selfLeasing.progress(nowMs);
    this.#pieces.full(this.#origin.bytes(event, nowMs));
    this.schedule(nowMs);
  }

  originEnded(event: OriginEnded, nowMs: number): void {
    this.#origin.ended(event, nowMs);
    // What the origin was to bring has to come from the members now, if it is to come at all.
    if (this.#origin.refusal !== undefined) this.#lan.allowAll();
    this.#reporter.hurry();
    this.schedule(nowMs);
  }

  pullBytes(event: PullBytes, nowMs: number): void {
    if (this.#pieces.areWorthwhile) this.#selfLeasing.progress(nowMs);
    this.#pieces.full(this.#lan.bytes(event, nowMs));
  }

  pullEnded(event: PullEnded, nowMs: number): void {
    const pull = this.#lan.ended(event, nowMs);
    if (pull) this.#pieces.pullEnded(pull, nowMs);
    this.schedule(nowMs);
  }

  sizeKnown(sizeBytes: number, nowMs: number): boolean {
    const held = [...this.#ledger.held];
    const full = this.state.sizeKnown(sizeBytes);
    if (!full) return false;
    for (const piece of held) if (!this.#ledger.held.has(piece)) this.#refetcher.unkeep(piece);
    this.#options.emit({ type: 'set-size', download: this.#download, sizeBytes });
    this.#origin.sizeKnown(sizeBytes);
    this.#pieces.full(full);
    this.#lan.sizeKnown();
    this.schedule(nowMs);
    return true;
  }

  learn(record: PieceRecord, nowMs: number): void {
    this.#pieces.learn(record, nowMs);
  }

  hashed(piece: number, sha256: Uint8Array, nowMs: number): void {
    // Where the disk has failed nothing more can be kept.
    if (this.course.isFinal) return;
    this.#pieces.hashed(piece, sha256, nowMs);
  }

  kept(record: PieceRecord, nowMs: number): void {
    this.#pieces.kept(record, nowMs);
  }

  /** Ends all transfers; what is held stays held. */
  stop(): void {
    this.#origin.stop();
    this.#lan.stop();
  }

  /** Ends all transfers for good: nothing is asked for any more. */
  leave(): void {
    this.#hasLeft = true;
    this.stop();
  }

  /** Does whatever can be done now. */
  schedule(nowMs: number): void {
    if (this.state.phase !== 'downloading' || this.#hasLeft) return;
    if (this.#ledger.isComplete) {
      this.state.phase = 'checking';
      this.#reporter.hurry();
      this.stop();
      this.#options.emit({ type: 'finish', download: this.#download });
      return;
    }
    this.#lan.schedule(nowMs);
    this.#refetcher.refetchAcrossGaps(nowMs);
    for (const tail of this.#origin.schedule(nowMs)) {
      this.#reporter.hurry();
      if (tail.owner === undefined || !this.state.knowledge.availability.heldBy(tail.owner)) continue;
      const message: Fragment = {
        type: 'fragment',
        download: this.#download,
        start: tail.start,
        end: tail.end,
      };
      this.#options.emit({ type: 'send', to: tail.owner, message });
    }
  }

  tick(nowMs: number): void {
    this.#lan.tick(nowMs);
    this.#refetcher.tick(nowMs);
    this.#selfLeasing.tick(nowMs);
    this.schedule(nowMs);
    this.flush(nowMs);
  }

  /** Sends what is due: new pieces to everybody, the state of the leases to the coordinator. */
  flush(nowMs: number): void {
    const isReporting = this.#reporter.isDue(nowMs);
    // A lease that is reported as over must not look as if its pieces had been given up.
    const news = this.#announcer.take(nowMs, isReporting) ?? [];
    // What was kept a moment ago may have been given up since.
    const held = news.filter((piece) => this.#ledger.held.has(piece));
    if (held.length > 0) this.#options.broadcast(this.state.have(held));
    if (isReporting) this.#reporter.report(nowMs);
  }

  deadline(): number | undefined {
    const candidates = [
      this.#selfLeasing.deadline(),
      this.#refetcher.deadline(),
      this.#announcer.deadline,
      this.#reporter.deadline(),
      this.#lan.deadline(),
      this.#origin.deadline(),
    ];
    const times = candidates.filter((at) => at !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  status(nowMs: number): DownloadStatus {
    return {
      download: this.#download,
      phase: this.state.phase,
      heldBytes: this.#ledger.heldBytes,
      originBytes: this.#origin.fetchedBytes,
      lanBytes: this.#lan.pulledBytes,
      uploadBytes: this.state.uploadedBytes,
      originRate: this.#origin.rate(nowMs),
      lanRate: this.#lan.rate(nowMs),
      fetching: this.#origin.canFetch,
    };
  }
}
