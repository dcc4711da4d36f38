import { basename } from 'node:path';
import { DragonloadError } from '../../core/errors.ts';
import { type ExpectedDigest, GIVEN_CHECKSUM, parseChecksum } from '../../core/expected-digest.ts';
import { safeFileName } from '../../core/file-name.ts';
import { pieceBytesFor } from '../../core/geometry.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView, View } from '../../core/view.ts';
import { modifiedMs } from '../../disk/files/modified.ts';
import type { Job } from '../../lists/job.ts';
import { chain, type Meter } from '../../origin/limits/meter.ts';
import { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { Origin } from '../../origin/origin.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import { displayUrl, normalUrl } from '../../url/web-url.ts';
import type { TaskEvent } from '../base/task.ts';
import { presentFile, unchangedFile, type Wanted } from '../download/already.ts';
import { type FoundOrigin, findOrigin } from '../download/find-file.ts';
import { downloadIdOf } from '../download/offers.ts';
import { NOBODY, trustOf } from '../download/trust.ts';
import type { SoloTask } from '../member/solo-task.ts';
import type { PreparedJob } from './prepare-jobs.ts';
import type { QueueShared } from './shared.ts';
import { finishedView, nameOf, restingView } from './view.ts';

/** Loaded once: an import that has been made before still costs as much as a request. */
let saving: Promise<typeof import('../../disk/save-whole.ts')> | undefined;

/** Less than this tells nothing of how many connections an origin wants. */
const TELLING_BYTES = 16 * 1024 * 1024;

/** What came of a download. */
export type DownloadEnd =
  | {
      readonly kind: 'done';
      readonly result: Result;
      readonly identity: FileIdentity;
      readonly view: DownloadView;
      /** What the file system says, to recognise the file by. */
      readonly fileModifiedMs: number | undefined;
    }
  /** The address led to a list of downloads instead. */
  | { readonly kind: 'jobs'; readonly jobs: readonly Job[] }
  | { readonly kind: 'failed'; readonly error: DragonloadError }
  | { readonly kind: 'stopped' };

/** What one download of a queue is about. */
export interface DownloadOrder extends PreparedJob {
  /** Its number in the list. */
  readonly id: number;
  /** What the list knows of it, from earlier runs. */
  readonly row: DownloadRow | undefined;
  /** Its own limit in bytes per second. */
  readonly limitRate: number | undefined;
}

/**
 * One download of a queue, from its turn to its end. Looks at the file first: one that is here already, or so small that
 * it comes with the answer, needs no engine. Any other gets a `SoloTask`.
 */
export class QueuedDownload {
  /** Never rejects. */
  readonly ended: Promise<DownloadEnd>;
  readonly #job: Job;
  readonly #directory: string;
  readonly #shared: QueueShared;
  readonly #meter: Meter;
  readonly #limiter: RateLimiter;
  readonly #emit: (event: TaskEvent) => void;
  readonly #stop = new AbortController();
  readonly #startedMs = performance.now();
  /** Those that the user gave while it ran. */
  readonly #freshLinks: string[] = [];
  #solo: SoloTask | undefined;
  #wasFound = false;

  constructor(order: DownloadOrder, shared: QueueShared, emit: (event: TaskEvent) => void) {
    const { job, directory, row, limitRate } = order;
    this.#job = job;
    this.#directory = directory;
    this.#shared = shared;
    this.#limiter = new RateLimiter(limitRate);
    this.#meter = chain([this.#limiter, shared.meter]);
    this.#emit = emit;
    this.ended = this.#run(row).catch((thrown: unknown): DownloadEnd => {
      const error = DragonloadError.from(thrown);
      return this.#stop.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error };
    });
  }

  view(): View {
    const view = this.#solo?.view();
    if (view !== undefined && view.downloads.length > 0) return view;
    const url = displayUrl(this.#job.url);
    const downloads = [restingView(`job ${url}`, url, nameOf(this.#job, url), this.#startedMs)];
    return { me: NOBODY, room: undefined, members: [], downloads };
  }

  /** How far its core has come; undefined while the file is only being looked at. */
  get downloadView(): DownloadView | undefined {
    return this.#solo?.view().downloads[0];
  }

  /** Where its part lies; undefined while there is none. */
  get partPath(): string | undefined {
    return this.#solo?.partPath;
  }

  /** Where the finished file will be; undefined while that is not known. */
  get targetPath(): string | undefined {
    return this.#solo?.targetPath;
  }

  /** Its origin has answered that it has the file. */
  get wasFound(): boolean {
    return this.#wasFound;
  }

  /** Saves the state; `ended` follows. */
  stop(): void {
    this.#stop.abort();
    void this.#solo?.stop();
  }

  /** In bytes per second; undefined: none. */
  setLimit(bytesPerSecond: number | undefined): void {
    this.#limiter.setRate(bytesPerSecond);
  }

  /** A fresh link for one that has expired. */
  addSource(url: string): void {
    this.#freshLinks.push(url);
    this.#solo?.addSource(url);
  }

  networkChanged(): void {
    this.#solo?.networkChanged();
  }

  async #run(row: DownloadRow | undefined): Promise<DownloadEnd> {
    const { signal } = this.#stop;
    const given = this.#given();
    // What may be here already, wholly or in part, is only asked about.
    const take = row?.startedMs === undefined && this.#job.leftover === undefined;
    const begunBytes = row !== undefined && row.heldBytes > 0 ? row.sizeBytes : undefined;
    const found = await findOrigin(this.#job, (url) => this.#open(url), { take, signal, begunBytes });
    this.#wasFound = true;
    try {
      if (found.probe.isMetalink === true && this.#job.isListed !== true) return await this.#list(found);
      const wanted = this.#wanted(found, given);
      const here = (await unchangedFile(row, wanted)) ?? (await presentFile(wanted));
      if (here !== undefined) {
        this.#emit({
          type: 'notice',
          message: `${basename(here.path)} is here already: nothing was fetched.`,
        });
        return this.#done(wanted, here, 0);
      }
      const saved = await this.#saved(found, wanted);
      if (saved !== undefined) return this.#done(wanted, saved, saved.sizeBytes);
    } catch (thrown) {
      await found.origin[Symbol.asyncDispose]();
      throw thrown;
    }
    return this.#fetched(found);
  }

  /** Only addresses that the user has named get credentials and may be private. */
  #open(url: string): Promise<Origin> {
    const { url: own, mirrors = [], trusted: isOwn = true } = this.#job;
    const isNamed = (urls: readonly string[]) => urls.some((one) => normalUrl(one) === normalUrl(url));
    const trusted = isNamed(this.#freshLinks) || (isOwn && isNamed([own, ...mirrors]));
    return this.#openAs(url, trusted);
  }

  #openAs(url: string, trusted: boolean): Promise<Origin> {
    const { request, url: of } = this.#job;
    return this.#shared.origins.open(url, { trusted, of, request, meter: this.#meter });
  }

  /** Writes a file that came whole. */
  async #saved({ probe, origin }: FoundOrigin, wanted: Wanted) {
    const bytes = probe.whole;
    if (bytes === undefined || this.#job.pieces !== undefined) return undefined;
    saving ??= import('../../disk/save-whole.ts');
    const { saveWhole } = await saving;
    const { directory, fileName, expected } = wanted;
    const { dataDir } = this.#shared;
    const saved = await saveWhole({ directory, fileName, output: this.#output, bytes, dataDir, expected });
    if (saved === undefined) return undefined;
    void origin[Symbol.asyncDispose]();
    const trust = trustOf(expected, [], NOBODY);
    return { path: saved.path, sha256: saved.sha256, sizeBytes: bytes.length, trust };
  }

  async #fetched(found: FoundOrigin): Promise<DownloadEnd> {
    const { SoloTask } = await import('../member/solo-task.ts');
    const { directory } = this.#wanted(found, []);
    const host = new URL(found.probe.finalUrl).host;
    const { options } = this.#shared;
    const solo = new SoloTask(
      {
        job: this.#job,
        found: { ...found, others: [...new Set([...this.#freshLinks, ...found.others])] },
        directory,
        output: this.#output,
        firstConnections: this.#shared.connectionsFor(host),
        openOrigin: (url) => this.#open(url),
        openBeside: (url, trusted) => this.#openAs(url, trusted && this.#job.trusted !== false),
      },
      {
        ...options,
        onEvent: (event) => {
          // How it ends is told by whoever decides whether that is the end.
          if (event.type !== 'done' && event.type !== 'error') this.#emit(event);
        },
      },
    );
    this.#solo = solo;
    solo.start();
    if (this.#stop.signal.aborted) void solo.stop();
    const [result] = await solo.finished;
    this.#noteOrigin(host, solo, result!);
    const { identity } = found.probe;
    const view = solo.view().downloads[0]!;
    const fileModifiedMs = modifiedMs(result!.path);
    return { kind: 'done', result: result!, identity, view, fileModifiedMs };
  }

  /** Remembers how the origin did, for the next download from it. */
  #noteOrigin(host: string, { connections }: SoloTask, { originBytes, seconds }: Result): void {
    // Under a limit a single connection may be enough for it.
    const isLimited = this.#meter.bytesPerSecond !== undefined;
    if (connections === undefined || isLimited || originBytes < TELLING_BYTES) return;
    this.#shared.noteOrigin(host, { connections, bytesPerSecond: originBytes / seconds });
  }

  async #list({ probe, origin }: FoundOrigin): Promise<DownloadEnd> {
    const { readMetalinkAt } = await import('../../lists/metalink-at.ts');
    const jobs = await readMetalinkAt(probe, origin, this.#job, this.#stop.signal);
    await origin[Symbol.asyncDispose]();
    return { kind: 'jobs', jobs };
  }

  async #done(
    { identity, fileName }: Wanted,
    file: Pick<Result, 'path' | 'sizeBytes' | 'sha256' | 'trust'>,
    originBytes: number,
  ): Promise<DownloadEnd> {
    const { url } = this.#job;
    const { path, sizeBytes, sha256, trust } = file;
    const result: Result = {
      download: downloadIdOf(url, identity, pieceBytesFor(identity.sizeBytes)),
      url: displayUrl(url),
      path,
      sizeBytes,
      sha256,
      trust,
      seconds: (performance.now() - this.#startedMs) / 1000,
      originBytes,
      lanBytes: 0,
      aloneSeconds: undefined,
    };
    const view = finishedView(result, fileName, this.#startedMs);
    return { kind: 'done', result, identity, view, fileModifiedMs: modifiedMs(path) };
  }

  #wanted({ probe }: FoundOrigin, given: readonly ExpectedDigest[]): Wanted {
    const output = this.#output;
    const fileName = safeFileName(this.#job.fileName ?? probe.fileName);
    const category = this.#shared.categories.directoryFor(output === undefined ? fileName : basename(output));
    return {
      identity: probe.identity,
      given,
      expected: [...given, ...probe.digests],
      directory: category ?? this.#directory,
      fileName: output ?? fileName,
      signal: this.#stop.signal,
    };
  }

  get #output(): string | undefined {
    return this.#job.output ?? this.#shared.options.output;
  }

  /** Throws `usage` for what is no digest. */
  #given(): readonly ExpectedDigest[] {
    const { checksum } = this.#shared.options;
    const own = checksum === undefined ? [] : [parseChecksum(checksum, GIVEN_CHECKSUM)];
    return [
      ...own,
      ...(this.#job.checksums ?? []).map((stated) => parseChecksum(stated.checksum, stated.by)),
    ];
  }
}
