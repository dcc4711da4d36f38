import type { AddDownload, Command, Event } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Geometry } from '../../core/geometry.ts';
import type { Offer } from '../../core/messages.ts';
import type { Trust } from '../../core/result.ts';
import type { SharedFile } from '../../disk/shared-file.ts';
import type { FinishedFile, MemberDownload } from './member-download.ts';
import type { PieceExchange } from './piece-exchange.ts';

export interface SharedDownloadDeps {
  readonly sign: PieceExchange['sign'];
  readonly dispatch: (event: Event) => void;
  /** How far the file can be trusted, by what was known of it before. */
  readonly trust: Trust;
}

/**
 * A download of which the whole file is here before it begins: nothing is fetched, written or renamed, and others get its
 * pieces. When the file turns out to have been changed, the download fails and no more of it is sent. Takes over the file.
 */
export class SharedDownload implements MemberDownload {
  readonly offer: Offer;
  readonly startedMs = performance.now();
  readonly resumedBytes = 0;
  readonly #file: SharedFile;
  readonly #deps: SharedDownloadDeps;
  #error: DragonloadError | undefined;

  constructor(file: SharedFile, offer: Offer, deps: SharedDownloadDeps) {
    this.#file = file;
    this.offer = offer;
    this.#deps = deps;
  }

  get geometry(): Geometry {
    return this.#file.geometry;
  }

  get targetPath(): string {
    return this.#file.path;
  }

  /** This member vouches for all pieces: it has read them all. */
  announcement(): Omit<AddDownload, 'type'> {
    const { offer } = this;
    const held = this.#file.pieces.map((sha256, piece) => this.#deps.sign(offer, piece, sha256));
    return { offer, held, maxConnections: 1 };
  }

  /** All pieces are held, so that there is nothing to do for any command. */
  execute(_command: Command): boolean {
    return true;
  }

  addSources(): void {}

  networkChanged(): void {}

  async finish(): Promise<FinishedFile> {
    const { path, sha256 } = this.#file;
    this.#deps.dispatch({ type: 'finished', download: this.offer.download });
    return { path, sha256 };
  }

  trust(): Trust {
    return this.#deps.trust;
  }

  async read(target: Uint8Array, offset: number): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    try {
      await this.#file.read(target, offset);
    } catch (thrown) {
      const error = DragonloadError.from(thrown);
      const isFirst = this.#error === undefined;
      this.#error ??= error;
      const { download } = this.offer;
      if (isFirst) this.#deps.dispatch({ type: 'failed', download, reason: error });
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }
}
