import { hostname } from 'node:os';
import type { Command, DownloadDone, Event, FailureReason, SignatureFacts } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import type { Origin } from '../../origin/origin.ts';
import { withoutUser } from '../../url/web-url.ts';
import type { TaskOutcome } from '../base/completion-hooks.ts';
import { CoreDriver, type CoreDriverOptions } from '../base/core-driver.ts';
import type { TaskEvent, TaskOptions } from '../base/task.ts';
import { DownloadSession } from '../download/download-session.ts';
import type { MemberDownload } from '../download/member-download.ts';
import type { NewDownload } from '../download/new-download.ts';
import type { PieceExchange } from '../download/piece-exchange.ts';
import { resultOf } from '../download/result.ts';
import { Outcome } from './outcome.ts';

/** What a member needs of the way in which it takes part: alone, or in a room. */
export interface MemberDeps {
  readonly options: TaskOptions;
  /** For journals and locks. */
  readonly dataDir: string;
  readonly exchange: PieceExchange;
  /** Opens an address of a file. `trusted`: the user of this member named it. */
  readonly openOrigin: (url: string, trusted: boolean) => Promise<Origin>;
  /** Carries out a command that is no download's business. */
  readonly execute: (command: Command) => void;
  /** What is still to be waited for when all is done here: undefined when nothing is. */
  readonly staysFor: () => unknown;
  /** The number of a download in the list, where there is one. */
  readonly idOf: (download: DownloadId) => number | undefined;
  readonly onDone: (result: Result, session: MemberDownload) => void;
  /** One download failed, or the whole when none is named. */
  readonly onFailed: (download: DownloadId | undefined, error: DragonloadError) => void;
  /** A download that had failed goes on: another address or another network has healed it. */
  readonly onRecovered: (download: DownloadId) => void;
  /** Takes leave of the room, while the core still hears of what has arrived in full. */
  readonly close: () => Promise<void>;
  /** All has come to its end, before the member says so. */
  readonly onOver: (outcome: TaskOutcome, isBrokenOff: boolean) => Promise<void>;
}

/**
 * One taking part, from start to end: runs the core, has a session for each download, and knows when all is over. What is
 * different alone, for a host, for a joiner and for a list that everybody has is handed in.
 */
export class Member implements AsyncDisposable {
  readonly #deps: MemberDeps;
  readonly #sessions = new Map<DownloadId, MemberDownload>();
  readonly #stopping = new AbortController();
  readonly #outcome = new Outcome();
  /** What the core has said of downloads that are done. */
  readonly #done = new Map<DownloadId, DownloadDone>();
  /** Parts that are being opened. */
  readonly #opening = new Set<Promise<DownloadSession>>();
  /** Downloads that are on their way to becoming sessions, or still to be heard of. */
  #expected = 0;
  #driver: CoreDriver | undefined;
  #ending: Promise<void> | undefined;

  constructor(deps: MemberDeps) {
    this.#deps = deps;
    const { signal } = deps.options;
    if (signal?.aborted) void this.stop();
    signal?.addEventListener('abort', () => void this.stop(), { once: true });
  }

  /** See `Task.finished`. */
  get finished(): Promise<readonly Result[]> {
    return this.#outcome.finished;
  }

  /** Aborted when the member ends. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get name(): string {
    return this.#deps.options.name ?? (hostname() || 'member');
  }

  get sessions(): ReadonlyMap<DownloadId, MemberDownload> {
    return this.#sessions;
  }

  /** What signatures are checked with. Throws `internal` before the core was started. */
  get facts(): SignatureFacts {
    if (!this.#driver) throw new DragonloadError('internal', 'The core was used before it was started.');
    return this.#driver.facts;
  }

  view(): View {
    return this.#driver?.view() ?? { me: '', room: undefined, members: [], downloads: [] };
  }

  resultOf(download: DownloadId): Result | undefined {
    return this.#outcome.results.get(download);
  }

  failureOf(download: DownloadId): DragonloadError | undefined {
    return this.#outcome.failures.get(download);
  }

  /** How many connections to its origin proved right for a download that is done. */
  connectionsOf(download: DownloadId): number | undefined {
    return this.#done.get(download)?.connections;
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

  startCore(options: Omit<CoreDriverOptions, 'execute' | 'settled' | 'broken' | 'name'>): void {
    this.#driver = new CoreDriver({
      ...options,
      name: this.name,
      execute: (command) => this.#execute(command),
      settled: () => this.settled(),
      broken: (thrown) => {
        const error = DragonloadError.from(thrown);
        this.fail(undefined, error);
        void this.endWith(error);
      },
    });
  }

  /** Work that brings in downloads: until it is over there is something to wait for. A failure of it is the download's. */
  expect(work: Promise<unknown>, download?: DownloadId): void {
    this.#expected++;
    work
      .catch((thrown: unknown) => this.fail(download, DragonloadError.from(thrown)))
      .finally(() => {
        this.#expected--;
        this.settled();
      });
  }

  dispatch(event: Event): void {
    // The core knows what still matters when it has left.
    this.#driver?.dispatch(event);
  }

  emit(event: TaskEvent): void {
    this.#deps.options.onEvent?.(event);
  }

  /** Opens the part file of a download and hands it to the core. Throws as `Part.open` does. */
  addDownload(added: NewDownload): Promise<DownloadSession> {
    const opening = this.#open(added);
    this.#opening.add(opening);
    return opening.finally(() => this.#opening.delete(opening));
  }

  async #open(added: NewDownload): Promise<DownloadSession> {
    const { options, dataDir, exchange, openOrigin } = this.#deps;
    const session = await DownloadSession.open(added, {
      options,
      dataDir,
      exchange,
      openOrigin,
      dispatch: (event) => this.dispatch(event),
      emit: (event) => this.emit(event),
      signal: this.signal,
    });
    this.takeOn(session);
    if (added.mirrors !== undefined && added.mirrors.length > 0)
      this.addSources(added.offer.download, added.mirrors);
    return session;
  }

  /** Hands a download to the core. */
  takeOn(session: MemberDownload): void {
    const { download, fileName } = session.offer;
    this.#sessions.set(download, session);
    // Whoever ends the member has waited for what was being opened, and closes it.
    if (this.signal.aborted) return;
    const bytes = session.resumedBytes;
    if (bytes > 0) this.emit({ type: 'resumed', download, fileName, bytes });
    this.#driver?.add(session.announcement());
  }

  /** The user of this member, or the origin itself, names further addresses of a file. */
  addSources(download: DownloadId, urls: readonly string[]): void {
    this.#sessions.get(download)?.addSources(urls);
    this.dispatch({ type: 'add-sources', download, urls: urls.map(withoutUser) });
  }

  /** The network or the machine was away: connections lead nowhere. */
  networkChanged(): void {
    for (const session of this.#sessions.values()) session.networkChanged();
    this.dispatch({ type: 'network-changed' });
  }

  /** Something ended badly: one download, or all of them when none is named. */
  fail(download: DownloadId | undefined, error: DragonloadError): void {
    if (this.signal.aborted || !this.#outcome.failed(download, error)) return;
    this.#deps.onFailed(download, error);
  }

  /** After every round of events: is there anything left to do? */
  settled(): void {
    if (this.#expected > 0 || this.#ending || !this.#outcome.isOver(this.#sessions.keys())) return;
    if (this.#outcome.mayServe && this.#deps.staysFor() !== undefined) return;
    void this.endWith(this.#outcome.firstFailure);
  }

  /** Ends the member in order, once: what follows after the first call is part of the ending. */
  endWith(failure: DragonloadError | undefined): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => this.#end(failure));
    return this.#ending;
  }

  #execute(command: Command): void {
    const session = 'download' in command ? this.#sessions.get(command.download) : undefined;
    switch (command.type) {
      case 'finish':
        return void this.#finish(session!);
      case 'done':
        this.#done.set(command.download, command);
        return;
      case 'failed':
        return this.fail(command.download, errorOf(command.reason));
      case 'recovered':
        this.#outcome.healed(command.download);
        return this.#deps.onRecovered(command.download);
    }
    if (session?.execute(command)) return;
    this.#deps.execute(command);
  }

  async #finish(session: MemberDownload): Promise<void> {
    const file = await session.finish();
    const { download } = session.offer;
    const done = this.#done.get(download);
    if (file === undefined || done === undefined) return;
    const { me, downloads } = this.view();
    const view = downloads.find(({ id }) => id === download)!;
    const facts = { me, view, signers: done.signers };
    const result = { ...resultOf(session, file, facts), id: this.#deps.idOf(download) };
    this.#outcome.done(download, result);
    this.emit({ type: 'done', result });
    this.#deps.onDone(result, session);
    this.settled();
  }

  async #end(failure: DragonloadError | undefined): Promise<void> {
    // The sends of the last round are on their way; leaving comes after them.
    this.dispatch({ type: 'leave' });
    this.#stopping.abort();
    // Whatever fails here, the rest is closed all the same, and the member ends.
    await this.#deps.close().catch(() => {});
    // A part that was being opened lies on the disk: it is closed, and whoever wants to delete it knows where it is.
    await Promise.allSettled(this.#opening);
    for (const session of this.#sessions.values()) await session[Symbol.asyncDispose]().catch(() => {});
    this.#driver?.[Symbol.dispose]();
    await this.#deps.onOver(this.#outcome, failure?.code === 'aborted').catch(() => {});
    this.#outcome.end(failure, [...this.#sessions.keys()]);
  }
}

/** Mostly the very error that the core was told; what it found out itself has no more than a code and a message. */
function errorOf(reason: FailureReason): DragonloadError {
  if (reason instanceof DragonloadError) return reason;
  return new DragonloadError(reason.code, reason.message, { hint: { kind: 'run-again' }, mayPass: true });
}
