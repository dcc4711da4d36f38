import { DragonloadError } from '../core/errors.ts';
import type { Command } from '../core/member/api.ts';
import type { Offer, PieceRecord } from '../core/messages.ts';
import { MemberTask } from './member-task.ts';
import { makeOffer } from './offers.ts';
import type { TaskOptions } from './task.ts';
import { NOBODY } from './trust.ts';

/** Records carry no name and no signature. */
const UNSIGNED = new Uint8Array(64);

/** `get`: the same engine with one member. */
export class SoloTask extends MemberTask {
  readonly #urls: readonly string[];
  protected readonly pull = undefined;
  /** Nobody is shown the pieces: SHA-256 is for the whole file. */
  protected readonly pieceDigest = 'crc32';
  protected readonly isNeeded = false;

  constructor(urls: readonly string[], options: TaskOptions) {
    super({ ...options, stay: false });
    this.#urls = urls;
  }

  protected async open(): Promise<void> {
    this.startEngine({
      me: NOBODY,
      certificate: new Uint8Array(),
      addresses: [],
      room: undefined,
      seniority: 1,
    });
    for (const [order, url] of this.#urls.entries()) {
      if (this.stopping.signal.aborted) return;
      try {
        await this.#add(url, order);
      } catch (thrown) {
        this.fail(url, DragonloadError.from(thrown));
      }
    }
  }

  async #add(url: string, order: number): Promise<void> {
    const origin = this.originOf(url, true);
    const probe = await origin.probe({ signal: this.stopping.signal });
    const { fileName, ranges, identity } = probe;
    const offer = makeOffer({ url, fileName, ranges, identity, checksum: undefined, order });
    await this.addDownload(offer, origin, this.expectedOf(offer, probe), NOBODY);
    this.dispatch({ type: 'probe-done', download: offer.download, canFetch: true, message: undefined });
  }

  protected sign(_offer: Offer, piece: number, sha256: Uint8Array): PieceRecord {
    return { piece, sha256, signer: NOBODY, signature: UNSIGNED };
  }

  protected executeInRoom(_command: Command): void {}

  protected async close(): Promise<void> {}
}
