import type { Command } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { Job } from '../../lists/job.ts';
import type { Origin } from '../../origin/origin.ts';
import type { TaskOptions } from '../base/task.ts';
import type { DownloadRunner } from './download-runner.ts';
import type { FoundOrigin } from './find-file.ts';
import { importFor } from './importing.ts';
import { MemberTask } from './member-task.ts';
import { makeOffer } from './offers.ts';
import { NOBODY } from './trust.ts';

/** Records carry no name and no signature. */
const UNSIGNED = new Uint8Array(64);

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
  /** The way to a file beside it. */
  readonly openBeside: (url: string, trusted: boolean) => Promise<Origin>;
  /** The way to a further address of the file. */
  readonly openOrigin: (url: string) => Promise<Origin>;
}

/** One download alone: the same engine with one member. */
export class SoloTask extends MemberTask {
  readonly #solo: SoloOptions;
  protected readonly pull = undefined;
  /** Nobody is shown the pieces: SHA-256 is for the whole file. */
  protected readonly pieceDigest = 'crc32';
  protected readonly isNeeded = false;
  /** There is nobody to wait for: it fails, and goes on when it is started again with a fresh link. */
  protected readonly linkPatienceMs = 0;

  constructor(solo: SoloOptions, options: TaskOptions) {
    super({ ...options, stay: false });
    this.#solo = solo;
  }

  /** Where what has arrived lies; undefined while there is nothing. */
  get partPath(): string | undefined {
    return this.#runner?.part.partPath;
  }

  /** Where the finished file will be, unless the name is taken by then. */
  get targetPath(): string | undefined {
    return this.#runner?.part.targetPath;
  }

  /** How many connections proved right for the origin. */
  get connections(): number | undefined {
    const [download] = this.runners.keys();
    return download === undefined ? undefined : this.engine.core.connectionsOf(download, performance.now());
  }

  /** A further address of the file: a fresh link for one that has expired. */
  addSource(url: string): void {
    for (const download of this.runners.keys()) this.addSources(download, [url]);
  }

  protected async open(): Promise<void> {
    this.startEngine({
      me: NOBODY,
      certificate: new Uint8Array(),
      addresses: [],
      room: undefined,
      seniority: 1,
    });
    const { job, found, directory, output, firstConnections } = this.#solo;
    const { origin, probe } = found;
    const { ranges, identity } = probe;
    try {
      const fileName = job.fileName ?? probe.fileName;
      const offer = makeOffer({ url: job.url, fileName, ranges, identity, checksum: undefined, order: 0 });
      const { dataDir } = this.places;
      const onNotice = (message: string, hint?: Hint) => this.emit({ type: 'notice', message, hint });
      const { signal } = this.stopping;
      const { leftover } = job;
      await importFor({ offer, origin, leftover, directory, output, dataDir, onNotice, signal });
      await this.addDownload({
        offer,
        origin,
        knownBy: found.url === job.url ? undefined : offer.url,
        mirrors: found.others,
        expected: this.expectedOf(offer, probe.digests, job.checksums),
        pieces: job.pieces,
        directory,
        output,
        firstConnections,
        openBeside: (url, trusted) => this.#solo.openBeside(url, trusted),
      });
      this.dispatch({ type: 'probe-done', download: offer.download, canFetch: true, message: undefined });
    } catch (thrown) {
      this.fail(job.url, DragonloadError.from(thrown));
    }
  }

  protected openOrigin(url: string): Promise<Origin> {
    return this.#solo.openOrigin(url);
  }

  protected sign(_offer: Offer, piece: number, sha256: Uint8Array): PieceRecord {
    return { piece, sha256, signer: NOBODY, signature: UNSIGNED };
  }

  protected executeInRoom(_command: Command): void {}

  protected async close(): Promise<void> {
    await this.#solo.found.origin[Symbol.asyncDispose]();
  }

  get #runner(): DownloadRunner | undefined {
    const [runner] = this.runners.values();
    return runner;
  }
}
