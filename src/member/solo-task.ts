import { DragonloadError } from '../core/errors.ts';
import type { Command } from '../core/member/api.ts';
import type { Offer, PieceRecord } from '../core/messages.ts';
import type { Probe } from '../origin/probe.ts';
import type { Job } from './job.ts';
import { MemberTask } from './member-task.ts';
import { makeOffer } from './offers.ts';
import type { FoundOrigin } from './queue/look.ts';
import type { TaskOptions } from './task.ts';
import { type ExpectedDigest, NOBODY, parseChecksum } from './trust.ts';

/** Records carry no name and no signature. */
const UNSIGNED = new Uint8Array(64);

/** One download alone: the same engine with one member. */
export class SoloTask extends MemberTask {
  readonly #job: Job;
  readonly #found: FoundOrigin;
  protected readonly pull = undefined;
  /** Nobody is shown the pieces: SHA-256 is for the whole file. */
  protected readonly pieceDigest = 'crc32';
  protected readonly isNeeded = false;

  /** `found`: where the file was found, which this task closes in the end. */
  constructor(job: Job, found: FoundOrigin, options: TaskOptions) {
    super({ ...options, stay: false });
    this.#job = job;
    this.#found = found;
  }

  /** Where what has arrived lies; undefined while there is nothing. */
  get partPath(): string | undefined {
    const [runner] = this.runners.values();
    return runner?.part.partPath;
  }

  /** A further address of the file: a fresh link for one that has expired. */
  addSource(url: string): void {
    for (const download of this.runners.keys()) this.dispatch({ type: 'add-sources', download, urls: [url] });
  }

  /** The network or the machine was away. */
  networkChanged(): void {
    this.dispatch({ type: 'network-changed' });
  }

  protected async open(): Promise<void> {
    this.startEngine({
      me: NOBODY,
      certificate: new Uint8Array(),
      addresses: [],
      room: undefined,
      seniority: 1,
    });
    const { origin, probe } = this.#found;
    const { url } = this.#job;
    try {
      const { ranges, identity } = probe;
      const fileName = this.#job.fileName ?? probe.fileName;
      const offer = makeOffer({ url, fileName, ranges, identity, checksum: undefined, order: 0 });
      await this.addDownload(offer, origin, this.expectedOf(offer, probe), NOBODY);
      this.dispatch({ type: 'probe-done', download: offer.download, canFetch: true, message: undefined });
    } catch (thrown) {
      this.fail(url, DragonloadError.from(thrown));
    }
  }

  protected override expectedOf(offer: Offer, probe: Probe | undefined): readonly ExpectedDigest[] {
    const given = (this.#job.checksums ?? []).map(({ checksum, by }) => parseChecksum(checksum, by));
    return [...given, ...super.expectedOf(offer, probe)];
  }

  protected sign(_offer: Offer, piece: number, sha256: Uint8Array): PieceRecord {
    return { piece, sha256, signer: NOBODY, signature: UNSIGNED };
  }

  protected executeInRoom(_command: Command): void {}

  protected async close(): Promise<void> {
    await this.#found.origin[Symbol.asyncDispose]();
  }
}
