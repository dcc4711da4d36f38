import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import { places } from '../../disk/files/places.ts';
import type { Job } from '../../lists/job.ts';
import type { Origin } from '../../origin/origin.ts';
import type { TaskOptions } from '../base/task.ts';
import type { DownloadSession } from '../download/download-session.ts';
import type { FoundOrigin } from '../download/find-file.ts';
import { importFor } from '../download/importing.ts';
import { expectedDigests } from '../download/new-download.ts';
import { makeOffer } from '../download/offers.ts';
import { ALONE } from '../download/piece-exchange.ts';
import { NOBODY } from '../download/trust.ts';
import { Member } from './member.ts';

export interface SoloOptions {
  readonly job: Job;
  /** Where the file was found, which this task closes in the end. */
  readonly found: FoundOrigin;
  /** Absolute. */
  readonly directory: string;
  /** Name or path of the finished file, given by the user. */
  readonly output: string | undefined;
  /** As many connections as proved right for this origin earlier. */
  readonly firstConnections: number | undefined;
  /** Opens a file beside it. */
  readonly openBeside: (url: string, trusted: boolean) => Promise<Origin>;
  /** Opens a further address of the file. */
  readonly openOrigin: (url: string) => Promise<Origin>;
}

/** One download alone: a member without a room. */
export class SoloTask implements AsyncDisposable {
  readonly #solo: SoloOptions;
  readonly #options: TaskOptions;
  readonly #dataDir: string;
  #session: DownloadSession | undefined;
  readonly #member: Member;

  constructor(solo: SoloOptions, options: TaskOptions) {
    this.#solo = solo;
    this.#options = options;
    this.#dataDir = places(options.home).dataDir;
    const member: Member = new Member({
      options,
      dataDir: this.#dataDir,
      exchange: ALONE,
      openOrigin: (url) => solo.openOrigin(url),
      execute: () => {},
      staysFor: () => undefined,
      idOf: () => undefined,
      onDone: () => {},
      onFailed: (_, error) => member.emit({ type: 'error', error }),
      onRecovered: () => {},
      close: () => solo.found.origin[Symbol.asyncDispose](),
      onOver: async () => {},
    });
    this.#member = member;
  }

  /** See `Task.finished`. */
  get finished(): Promise<readonly Result[]> {
    return this.#member.finished;
  }

  /** Starts the work; called once by whoever made the task. */
  start(): this {
    this.#member.startCore({
      me: NOBODY,
      certificate: new Uint8Array(),
      addresses: [],
      room: undefined,
      seniority: 1,
    });
    this.#member.expect(this.#add(), this.#solo.job.url);
    return this;
  }

  view(): View {
    return this.#member.view();
  }

  stop(): Promise<void> {
    return this.#member.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Where what has arrived lies; undefined while there is nothing. */
  get partPath(): string | undefined {
    return this.#session?.part.partPath;
  }

  /** Where the finished file will be, unless the name is taken by then. */
  get targetPath(): string | undefined {
    return this.#session?.part.targetPath;
  }

  /** How many connections proved right for the origin. */
  get connections(): number | undefined {
    const download = this.#session?.offer.download;
    return download === undefined ? undefined : this.#member.connectionsOf(download);
  }

  /** A further address of the file: a fresh link for one that has expired. */
  addSource(url: string): void {
    for (const download of this.#member.sessions.keys()) this.#member.addSources(download, [url]);
  }

  networkChanged(): void {
    this.#member.networkChanged();
  }

  async #add(): Promise<void> {
    const { job, found, directory, output, firstConnections } = this.#solo;
    const { origin, probe } = found;
    const { ranges, identity } = probe;
    const member = this.#member;
    const fileName = job.fileName ?? probe.fileName;
    const offer = makeOffer({ url: job.url, fileName, ranges, identity, checksum: undefined, order: 0 });
    await importFor({
      offer,
      origin,
      leftover: job.leftover,
      directory,
      output,
      dataDir: this.#dataDir,
      onNotice: (message, hint) => member.emit({ type: 'notice', message, hint }),
      signal: member.signal,
    });
    this.#session = await member.addDownload({
      offer,
      origin,
      knownBy: found.url === job.url ? undefined : offer.url,
      mirrors: found.others,
      expected: expectedDigests(offer, probe.digests, this.#options.checksum, job.checksums),
      pieces: job.pieces,
      directory,
      output,
      firstConnections,
      openBeside: (url, trusted) => this.#solo.openBeside(url, trusted),
    });
    member.dispatch({ type: 'probe-done', download: offer.download, canFetch: true });
  }
}
