import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command, Event } from '../../core/contract.ts';
import { isStrongDigest, worthChecking } from '../../core/digest-kinds.ts';
import { DragonloadError } from '../../core/errors.ts';
import { type ExpectedDigest, GIVEN_CHECKSUM, parseChecksum } from '../../core/expected-digest.ts';
import { safeFileName } from '../../core/file-name.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import type { PieceDigest } from '../../disk/digests/digest.ts';
import type { FinishedPart } from '../../disk/files/part-options.ts';
import { places } from '../../disk/files/places.ts';
import { Part } from '../../disk/part.ts';
import type { PieceHashes, StatedDigest } from '../../lists/job.ts';
import type { PublishedDigest } from '../../origin/heads/digests.ts';
import type { Origin } from '../../origin/origin.ts';
import { Sources } from '../../origin/sources/sources.ts';
import { withoutUser } from '../../url/web-url.ts';
import type { TaskOutcome } from '../base/completion-hooks.ts';
import { CoreDriver, type CoreDriverOptions } from '../base/core-driver.ts';
import type { TaskEvent, TaskOptions } from '../base/task.ts';
import { bytesToCompare } from './bytes-to-compare.ts';
import { DownloadRunner, geometryOf, type PullFrom } from './download-runner.ts';
import { finishPart } from './finishing.ts';
import { heldBlocks } from './held-blocks.ts';
import { resultOf } from './result.ts';
import { THE_ROOM } from './trust.ts';

const DEFAULT_CONNECTIONS = 4;
/** A check of pieces on disk that takes longer says so this often. */
const CHECKING_MS = 1_000;

/** A download that is taken on. */
export interface NewDownload {
  readonly offer: Offer;
  /** Where it was found, or is to be found. */
  readonly origin: Origin;
  /** What its part is known by, where it was found at another address. Default: the address of the offer. */
  readonly knownBy?: string | undefined;
  /** Another member offers it: its origin may be out of reach from here. */
  readonly isOffered?: boolean | undefined;
  /** Further addresses that the user or the origin has named. */
  readonly mirrors?: readonly string[] | undefined;
  readonly expected: readonly ExpectedDigest[];
  /** Hashes of its pieces as its publisher has cut it. */
  readonly pieces?: PieceHashes | undefined;
  /** Where it goes, when not where the task's files go. */
  readonly directory?: string | undefined;
  readonly output?: string | undefined;
  /** As many connections as proved right for this origin earlier. */
  readonly firstConnections?: number | undefined;
  /** The way to files beside it, in which its publisher may say more of it. */
  readonly openBeside: (url: string, trusted: boolean) => Promise<Origin>;
}

/**
 * What every way of taking part has in common: an engine, its downloads on disk, and the end of it all. Subclasses
 * bring in the downloads, and the room if there is one.
 */
export abstract class MemberTask implements AsyncDisposable {
  protected readonly options: TaskOptions;
  protected readonly runners = new Map<DownloadId, DownloadRunner>();
  protected readonly places: ReturnType<typeof places>;
  /** Downloads that are on their way to becoming runners, or still to be heard of. */
  protected expecting = 0;
  protected readonly stopping = new AbortController();
  readonly finished: Promise<readonly Result[]>;
  protected readonly results = new Map<DownloadId, Result>();
  protected readonly failures = new Map<DownloadId | undefined, DragonloadError>();
  #settle!: { resolve: (results: readonly Result[]) => void; reject: (error: DragonloadError) => void };
  #engine: CoreDriver | undefined;
  #opening: Promise<void> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: TaskOptions) {
    this.options = options;
    this.places = places(options.home);
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever only calls stop() need not look at the promise.
    this.finished.catch(() => {});
    options.signal?.addEventListener('abort', () => void this.stop(), { once: true });
  }

  view(): View {
    return this.#engine?.view() ?? { me: '', room: undefined, members: [], downloads: [] };
  }

  stop(): Promise<void> {
    return this.endWith(
      new DragonloadError('aborted', 'Stopped before the end.', {
        hint: { kind: 'run-again' },
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Starts the work; called once by whoever made the task. */
  start(): this {
    this.expecting++;
    this.#opening = this.open()
      .catch((thrown: unknown) => this.fail(undefined, DragonloadError.from(thrown)))
      .finally(() => {
        this.expecting--;
        this.settled();
      });
    return this;
  }

  /** Brings in the room and the downloads. */
  protected abstract open(): Promise<void>;
  /** Takes leave of the room. */
  protected abstract close(): Promise<void>;
  /** Signs a record for a piece that came from the origin. */
  protected abstract sign(offer: Offer, piece: number, sha256: Uint8Array): PieceRecord;
  protected abstract get pull(): PullFrom | undefined;
  /** What pieces are known by: SHA-256 where there are others. */
  protected abstract readonly pieceDigest: PieceDigest;
  /** How long a download whose link has expired waits for a fresh one, in milliseconds. */
  protected abstract readonly linkPatienceMs: number;
  /** Commands that concern the room. */
  protected abstract executeInRoom(command: Command): void;
  /** Whether somebody still waits for something from this member. */
  protected abstract get isNeeded(): boolean;

  protected get name(): string {
    return this.options.name ?? (hostname() || 'member');
  }

  protected get engine(): CoreDriver {
    if (!this.#engine) throw new DragonloadError('internal', 'The engine was used before it was started.');
    return this.#engine;
  }

  protected startEngine(
    options: Omit<CoreDriverOptions, 'execute' | 'settled' | 'broken' | 'name'>,
  ): CoreDriver {
    this.#engine = new CoreDriver({
      ...options,
      name: this.name,
      execute: (command) => this.#execute(command),
      settled: () => this.settled(),
      broken: (thrown) => {
        this.fail(undefined, DragonloadError.from(thrown));
        void this.endWith(DragonloadError.from(thrown));
      },
    });
    return this.#engine;
  }

  protected dispatch(event: Event): void {
    // The core knows what still matters when it has left.
    this.#engine?.dispatch(event);
  }

  protected emit(event: TaskEvent): void {
    this.options.onEvent?.(event);
  }

  /** The way to an address of a file. `trusted`: the user of this member named it. */
  protected abstract openOrigin(url: string, trusted: boolean): Promise<Origin>;

  /**
   * The digests that the file must have: the user's word first, whatever it is, then the best that its publisher states.
   * `stated`: what the user said of this one download.
   */
  protected expectedOf(
    offer: Offer,
    published: readonly PublishedDigest[],
    stated: readonly StatedDigest[] = [],
  ): readonly ExpectedDigest[] {
    const { checksum } = this.options;
    const own = checksum === undefined ? [] : [{ checksum, by: GIVEN_CHECKSUM }];
    const given = [...own, ...stated].map((one) => parseChecksum(one.checksum, one.by));
    const room = offer.checksum && given.length === 0 ? [parseChecksum(offer.checksum, THE_ROOM)] : [];
    return [...given, ...worthChecking(published), ...room];
  }

  /** Opens the part file of a download and hands it to the core. */
  protected async addDownload(added: NewDownload): Promise<void> {
    const { offer, origin, knownBy, expected, mirrors = [], pieces, firstConnections } = added;
    const part = await Part.open({
      directory: added.directory ?? resolve(this.options.directory ?? '.'),
      fileName: safeFileName(offer.fileName),
      output: added.output ?? this.options.output,
      url: knownBy ?? offer.url,
      identity: offer.identity,
      geometry: geometryOf(offer),
      compare: offer.ranges ? bytesToCompare(added, this.stopping.signal) : undefined,
      isElsewhere: knownBy !== undefined,
      dataDir: this.places.dataDir,
      pieceDigest: this.pieceDigest,
      onNotice: (message) => this.emit({ type: 'notice', message }),
      onProgress: this.#checkingProgress(offer.fileName),
      signal: this.stopping.signal,
      digests: [...new Set(expected.map(({ algorithm }) => algorithm))].filter(
        (algorithm) => algorithm !== 'sha256',
      ),
    });
    const heldHere = { read: () => heldBlocks(part), isShared: this.pull !== undefined };
    origin.compareWith(heldHere);
    const sources = new Sources({
      first: origin,
      identity: offer.identity,
      digests: expected.filter(({ by }) => by !== THE_ROOM),
      open: async (url, trusted) => {
        const further = await this.openOrigin(url, trusted);
        further.compareWith(heldHere);
        return further;
      },
      onNotice: (message) => this.emit({ type: 'notice', message }),
    });
    const runner = new DownloadRunner(offer, part, sources, {
      dispatch: (event) => this.dispatch(event),
      pull: this.pull,
      sign: (of, piece, sha256) => this.sign(of, piece, sha256),
    });
    runner.expected = expected;
    runner.pieces = pieces;
    runner.learning = this.#lookUp(added);
    // Known even when it was stopped meanwhile: whoever removes a download has to find its part.
    this.runners.set(offer.download, runner);
    if (this.stopping.signal.aborted) return runner[Symbol.asyncDispose]();
    // An earlier run may have been in another room, or have known the file by another address or tag, which signatures
    // cover: what is on disk and checked is vouched for by this member now.
    const held = part.resumed.map(({ piece, sha256 }) => this.sign(offer, piece, sha256));
    const bytes = held.reduce((sum, { piece }) => sum + geometryOf(offer).bytesOf(piece), 0);
    const { download, fileName } = offer;
    if (bytes > 0) this.emit({ type: 'resumed', download, fileName, bytes });
    runner.resumedBytes = bytes;
    const { linkPatienceMs } = this;
    const maxConnections = this.options.connections ?? DEFAULT_CONNECTIONS;
    this.engine.add({ offer, held, maxConnections, firstConnections, linkPatienceMs });
    if (mirrors.length > 0) this.addSources(offer.download, mirrors);
  }

  /** Digests that lie beside the file, when there is none yet that proves anything. Never rejects. */
  async #lookUp({ origin, expected, openBeside }: NewDownload): Promise<readonly ExpectedDigest[]> {
    if (
      this.options.lookUpDigests === false ||
      this.options.request?.insecure ||
      expected.some(({ algorithm }) => isStrongDigest(algorithm))
    )
      return [];
    const { lookUpDigests } = await import('../../origin/digests/look-up.ts');
    return lookUpDigests(origin.url, { open: openBeside, signal: this.stopping.signal });
  }

  /** The user of this member, or the origin itself, names further addresses of a file. */
  protected addSources(download: DownloadId, urls: readonly string[]): void {
    this.runners.get(download)?.sources.add(urls, { trusted: true });
    this.dispatch({ type: 'add-sources', download, urls: urls.map(withoutUser) });
  }

  /** The network or the machine was away: connections lead nowhere. */
  networkChanged(): void {
    for (const { sources } of this.runners.values()) sources.networkChanged();
    this.dispatch({ type: 'network-changed' });
  }

  /** Tells now and then how far the check of what an earlier run left has come, when it takes longer than a moment. */
  #checkingProgress(fileName: string): (checkedBytes: number, totalBytes: number) => void {
    let nextMs = performance.now() + CHECKING_MS;
    return (checkedBytes, totalBytes) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + CHECKING_MS;
      const percent = Math.floor((100 * checkedBytes) / totalBytes);
      this.emit({ type: 'notice', message: `Checking what an earlier run left of ${fileName}: ${percent}%` });
    };
  }

  /** Something ended badly: one download, or all of them when none is named. */
  protected fail(download: DownloadId | undefined, error: DragonloadError): void {
    if (this.stopping.signal.aborted || this.failures.has(download)) return;
    this.failures.set(download, error);
    this.onFailed(download, error);
  }

  /** After every round of events: is there anything left to do? */
  protected settled(): void {
    for (const [id, { lastError }] of this.runners) {
      if (this.#engine?.core.failureOf(id) !== undefined) this.#fail(id);
      // Another address or another network has healed it.
      else if (lastError === undefined) this.failures.delete(id);
    }
    if (this.expecting > 0 || this.#ending) return;
    const over = [...this.runners.keys()].every((id) => this.results.has(id) || this.failures.has(id));
    const mayServe = this.failures.size === 0 || this.results.size > 0;
    if (!over || (mayServe && (this.options.stay === true || this.isNeeded))) return;
    const [failure] = this.failures.values();
    this.endWith(failure);
  }

  #fail(id: DownloadId): void {
    const runner = this.runners.get(id);
    const message = this.engine.core.failureOf(id) ?? 'The download failed.';
    const refusal = runner?.refusal?.message === message ? runner.refusal : undefined;
    this.fail(
      id,
      runner?.lastError ??
        refusal ??
        new DragonloadError('origin-failed', message, {
          hint: { kind: 'run-again' },
          mayPass: true,
        }),
    );
  }

  #execute(command: Command): void {
    if (command.type === 'finish') return void this.#finish(command.download);
    if (command.type === 'hopeless') return this.#hopeless(command);
    if ('download' in command && this.runners.get(command.download)?.execute(command)) return;
    this.executeInRoom(command);
  }

  /** An origin that is of no use may be back later; one that sends the wrong bytes again and again will not. */
  #hopeless({ download, code, message }: Extract<Command, { type: 'hopeless' }>): void {
    const runner = this.runners.get(download);
    if (runner === undefined || code !== 'digest-mismatch') return;
    runner.lastError = new DragonloadError(code, message, {
      hint: { kind: 'other-address', isKept: true },
    });
  }

  async #finish(id: DownloadId): Promise<void> {
    const runner = this.runners.get(id)!;
    try {
      runner.expected = [...runner.expected, ...(await runner.learning)];
      // In a room it is the members who may have brought what is wrong: the core knows which pieces.
      const doubtOthers = () => (this.pull === undefined ? runner.doubtOthers() : []);
      const finishing = await finishPart(runner.part, runner.expected, runner.pieces, doubtOthers);
      if (finishing.kind === 'suspect') {
        const { pieces, message } = finishing;
        for (const piece of pieces)
          runner.sources.doubt(runner.geometry.bytesOfRun({ start: piece, end: piece + 1 }));
        this.emit({ type: 'notice', message: `${message} What is wrong is fetched again.` });
        return this.dispatch({ type: 'suspect', download: id, pieces, message });
      }
      this.dispatch({ type: 'finished', download: id });
      const result = this.resultOf(runner, finishing.file);
      this.results.set(id, result);
      this.emit({ type: 'done', result });
      this.onDone(result, runner);
      this.settled();
    } catch (thrown) {
      runner.lastError = DragonloadError.from(thrown);
      this.dispatch({
        type: 'failed',
        download: id,
        code: runner.lastError.code,
        message: runner.lastError.message,
      });
    }
  }

  protected onDone(_result: Result, _runner: DownloadRunner): void {}

  protected onFailed(_download: DownloadId | undefined, error: DragonloadError): void {
    this.emit({ type: 'error', error });
  }

  /** All has come to its end, before the task says so. */
  protected async over(_outcome: TaskOutcome, _isBrokenOff: boolean): Promise<void> {}

  protected resultOf(runner: DownloadRunner, file: FinishedPart): Result {
    return resultOf(runner, file, this.engine.core);
  }

  /** Ends the task in order, once: what follows after the first call is part of the ending. */
  protected endWith(failure: DragonloadError | undefined): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => this.#end(failure));
    return this.#ending;
  }

  async #end(failure: DragonloadError | undefined): Promise<void> {
    // The sends of the last round are on their way; leaving comes after them.
    this.dispatch({ type: 'leave' });
    this.stopping.abort();
    // Whatever fails here, the rest is closed all the same, and the task ends.
    await this.close().catch(() => {});
    // What is being opened notices that it is to stop; only then is it known what there is to close.
    await this.#opening;
    for (const runner of this.runners.values()) await runner[Symbol.asyncDispose]().catch(() => {});
    this.#engine?.[Symbol.dispose]();
    const outcome = { results: this.results, failures: this.failures };
    await this.over(outcome, failure?.code === 'aborted').catch(() => {});
    const complete =
      this.runners.size > 0 && this.results.size === this.runners.size && this.failures.size === 0;
    if (failure && !(complete && failure.code === 'aborted')) this.#settle.reject(failure);
    else this.#settle.resolve([...this.results.values()]);
  }
}
