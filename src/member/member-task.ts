import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import type { DownloadId, MemberId } from '../core/ids.ts';
import type { Command, Event } from '../core/member/api.ts';
import type { Offer, PieceRecord } from '../core/messages.ts';
import type { View } from '../core/view.ts';
import type { PieceDigest } from '../disk/digest.ts';
import { safeFileName } from '../disk/file-name.ts';
import { Part } from '../disk/part.ts';
import { places } from '../disk/places.ts';
import { Origin } from '../origin/origin.ts';
import type { Probe } from '../origin/probe.ts';
import { RateLimiter } from '../origin/rate-limit.ts';
import { DownloadRunner, geometryOf, type PullFrom } from './download-runner.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { resultOf } from './result.ts';
import type { Result, Task, TaskEvent, TaskOptions } from './task.ts';
import { type ExpectedDigest, parseChecksum, THE_ROOM } from './trust.ts';

const DEFAULT_CONNECTIONS = 4;
/** A check of pieces on disk that takes longer says so this often. */
const CHECKING_MS = 1_000;

/**
 * What every way of taking part has in common: an engine, its downloads on disk, and the end of it all. Subclasses
 * bring in the downloads, and the room if there is one.
 */
export abstract class MemberTask implements Task {
  protected readonly options: TaskOptions;
  protected readonly runners = new Map<DownloadId, DownloadRunner>();
  protected readonly places: ReturnType<typeof places>;
  /** Downloads that are on their way to becoming runners, or still to be heard of. */
  protected expecting = 0;
  protected readonly stopping = new AbortController();
  readonly finished: Promise<readonly Result[]>;
  readonly #limiter: RateLimiter | undefined;
  readonly #results = new Map<DownloadId, Result>();
  readonly #failures = new Map<DownloadId | undefined, DragonloadError>();
  #settle!: { resolve: (results: readonly Result[]) => void; reject: (error: DragonloadError) => void };
  #engine: Engine | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: TaskOptions) {
    this.options = options;
    this.places = places(options.home);
    this.#limiter = options.limitRate === undefined ? undefined : new RateLimiter(options.limitRate);
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
    return this.#endWith(
      new DragonloadError('aborted', 'Stopped before the end.', {
        next: 'Run the same command again to go on from here.',
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Starts the work; called once by whoever made the task. */
  start(): this {
    this.expecting++;
    this.open()
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
  /** Commands that concern the room. */
  protected abstract executeInRoom(command: Command): void;
  /** Whether somebody still waits for something from this member. */
  protected abstract get isNeeded(): boolean;

  protected get name(): string {
    return this.options.name ?? (hostname() || 'member');
  }

  protected get engine(): Engine {
    if (!this.#engine) throw new DragonloadError('internal', 'The engine was used before it was started.');
    return this.#engine;
  }

  protected startEngine(options: Omit<EngineOptions, 'execute' | 'settled' | 'broken' | 'name'>): Engine {
    this.#engine = new Engine({
      ...options,
      name: this.name,
      execute: (command) => this.#execute(command),
      settled: () => this.settled(),
      broken: (thrown) => {
        this.fail(undefined, DragonloadError.from(thrown));
        void this.#endWith(DragonloadError.from(thrown));
      },
    });
    return this.#engine;
  }

  protected dispatch(event: Event): void {
    if (!this.stopping.signal.aborted || event.type === 'leave') this.#engine?.dispatch(event);
  }

  protected emit(event: TaskEvent): void {
    this.options.onEvent?.(event);
  }

  protected originOf(url: string, trusted: boolean): Origin {
    return new Origin(url, {
      allowPrivate: trusted || this.options.allowPrivate === true,
      ...(trusted && this.options.request?.headers ? { headers: this.options.request.headers } : {}),
      ...(this.#limiter ? { limiter: this.#limiter } : {}),
    });
  }

  /** The digests that the file must have: the user's word first, then the publisher's. */
  protected expectedOf(offer: Offer, probe: Probe | undefined): readonly ExpectedDigest[] {
    const own = this.options.checksum ? [parseChecksum(this.options.checksum, '--checksum')] : [];
    const room = offer.checksum && own.length === 0 ? [parseChecksum(offer.checksum, THE_ROOM)] : [];
    return [...own, ...(probe?.digests ?? []), ...room];
  }

  /** Opens the part file of a download and hands it to the core. */
  protected async addDownload(
    offer: Offer,
    origin: Origin,
    expected: readonly ExpectedDigest[],
    me: MemberId,
  ): Promise<void> {
    const part = await Part.open({
      directory: resolve(this.options.directory ?? '.'),
      fileName: safeFileName(offer.fileName),
      ...(this.options.output ? { output: this.options.output } : {}),
      url: offer.url,
      identity: offer.identity,
      geometry: geometryOf(offer),
      dataDir: this.places.dataDir,
      pieceDigest: this.pieceDigest,
      onNotice: (message) => this.emit({ type: 'notice', message }),
      onProgress: this.#checkingProgress(offer.fileName),
      signal: this.stopping.signal,
      digests: [...new Set(expected.map(({ algorithm }) => algorithm))].filter(
        (algorithm) => algorithm !== 'sha256',
      ),
    });
    const runner = new DownloadRunner(offer, part, origin, expected, {
      dispatch: (event) => this.dispatch(event),
      pull: this.pull,
      sign: (of, piece, sha256) => this.sign(of, piece, sha256),
    });
    if (this.stopping.signal.aborted) return runner[Symbol.asyncDispose]();
    this.runners.set(offer.download, runner);
    // An earlier run may have been in another room: what is on disk and checked is now vouched for by this member.
    const held = part.resumed.map((record) =>
      record.signer === me ? record : this.sign(offer, record.piece, record.sha256),
    );
    const bytes = held.reduce((sum, { piece }) => sum + geometryOf(offer).bytesOf(piece), 0);
    if (bytes > 0) this.emit({ type: 'resumed', download: offer.download, bytes });
    runner.resumedBytes = bytes;
    this.engine.add({ offer, held, maxConnections: this.options.connections ?? DEFAULT_CONNECTIONS });
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
    if (this.stopping.signal.aborted || this.#failures.has(download)) return;
    this.#failures.set(download, error);
    this.emit({ type: 'error', error });
  }

  /** After every round of events: is there anything left to do? */
  protected settled(): void {
    for (const id of this.runners.keys()) if (this.#engine?.core.failureOf(id) !== undefined) this.#fail(id);
    if (this.expecting > 0 || this.#ending) return;
    const over = [...this.runners.keys()].every((id) => this.#results.has(id) || this.#failures.has(id));
    const mayServe = this.#failures.size === 0 || this.#results.size > 0;
    if (!over || (mayServe && (this.options.stay === true || this.isNeeded))) return;
    const [failure] = this.#failures.values();
    this.#endWith(failure);
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
          next: 'What has arrived is kept: run the same command again to go on.',
        }),
    );
  }

  #execute(command: Command): void {
    if (command.type === 'finish') return void this.#finish(command.download);
    if (command.type === 'hopeless') return;
    if ('download' in command && this.runners.get(command.download)?.execute(command)) return;
    this.executeInRoom(command);
  }

  async #finish(id: DownloadId): Promise<void> {
    const runner = this.runners.get(id)!;
    try {
      const finished = await runner.part.finish(runner.expected);
      this.dispatch({ type: 'finished', download: id });
      const result = resultOf(runner, finished, this.engine.core);
      this.#results.set(id, result);
      this.emit({ type: 'done', result });
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

  /** Once only: what follows after the first call is part of the ending. */
  #endWith(failure: DragonloadError | undefined): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => this.#end(failure));
    return this.#ending;
  }

  async #end(failure: DragonloadError | undefined): Promise<void> {
    // The sends of the last round are on their way; leaving comes after them.
    this.dispatch({ type: 'leave' });
    this.stopping.abort();
    // Whatever fails here, the rest is closed all the same, and the task ends.
    await this.close().catch(() => {});
    for (const runner of this.runners.values()) await runner[Symbol.asyncDispose]().catch(() => {});
    this.#engine?.[Symbol.dispose]();
    const complete =
      this.runners.size > 0 && this.#results.size === this.runners.size && this.#failures.size === 0;
    if (failure && !(complete && failure.code === 'aborted')) this.#settle.reject(failure);
    else this.#settle.resolve([...this.#results.values()]);
  }
}
