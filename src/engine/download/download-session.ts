import { resolve } from 'node:path';
import type { AddDownload, Command, Event } from '../../core/contract.ts';
import { isStrongDigest } from '../../core/digest-kinds.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { Geometry } from '../../core/geometry.ts';
import type { MemberId } from '../../core/ids.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { Trust } from '../../core/result.ts';
import type { Part } from '../../disk/part.ts';
import type { Origin } from '../../origin/origin.ts';
import { Sources } from '../../origin/sources/sources.ts';
import type { TaskEvent, TaskOptions } from '../base/task.ts';
import { DownloadRunner } from './download-runner.ts';
import { type FileSources, NO_SOURCES } from './file-sources.ts';
import { finishPart } from './finishing.ts';
import { heldBlocks } from './held-blocks.ts';
import type { FinishedFile, MemberDownload } from './member-download.ts';
import { geometryOf, type NewDownload } from './new-download.ts';
import { openPart } from './open-part.ts';
import type { PieceExchange } from './piece-exchange.ts';
import { Provenance } from './provenance.ts';
import { THE_ROOM, trustOf } from './trust.ts';

const DEFAULT_CONNECTIONS = 4;

/** What a download needs of the member that it belongs to. */
export interface SessionDeps {
  readonly options: Pick<TaskOptions, 'directory' | 'output' | 'connections' | 'lookUpDigests' | 'request'>;
  /** For journals and locks. */
  readonly dataDir: string;
  readonly exchange: PieceExchange;
  /** Opens an address of the file. `trusted`: the user of this member named it. */
  readonly openOrigin: (url: string, trusted: boolean) => Promise<Origin>;
  readonly dispatch: (event: Event) => void;
  readonly emit: (event: TaskEvent) => void;
  /** Aborted when the member ends. */
  readonly signal: AbortSignal;
}

/**
 * One download of a member, from the opening of its part to the whole checked file: carries out what the core says of it.
 * Disposing of it ends its transfers and closes the part with its state kept.
 */
export class DownloadSession implements MemberDownload {
  readonly offer: Offer;
  readonly part: Part;
  readonly provenance: Provenance;
  readonly startedMs = performance.now();
  readonly #added: NewDownload;
  readonly #deps: SessionDeps;
  readonly #sources: FileSources;
  readonly #runner: DownloadRunner;
  /** Digests that are still being looked for. Never rejects. */
  readonly #lookedUp: Promise<readonly ExpectedDigest[]>;
  #expected: readonly ExpectedDigest[];

  /** Opens the part file. Throws as `Part.open` does. */
  static async open(added: NewDownload, deps: SessionDeps): Promise<DownloadSession> {
    const { options, dataDir, exchange, emit, signal } = deps;
    const part = await openPart(added, {
      directory: added.directory ?? resolve(options.directory ?? '.'),
      output: added.output ?? options.output,
      dataDir,
      pieceDigest: exchange.pieceDigest,
      onNotice: (message) => emit({ type: 'notice', message }),
      signal,
    });
    return new DownloadSession(added, part, deps);
  }

  private constructor(added: NewDownload, part: Part, deps: SessionDeps) {
    const { offer, origin, expected } = added;
    const { exchange, dispatch, emit, openOrigin } = deps;
    this.offer = offer;
    this.part = part;
    this.#added = added;
    this.#deps = deps;
    this.#expected = expected;
    const heldHere = { read: () => heldBlocks(part), isShared: exchange.isShared };
    origin?.compareWith(heldHere);
    this.#sources =
      origin === undefined
        ? NO_SOURCES
        : new Sources({
            first: origin,
            identity: offer.identity,
            digests: expected.filter(({ by }) => by !== THE_ROOM),
            open: async (url, trusted) => {
              const further = await openOrigin(url, trusted);
              further.compareWith(heldHere);
              return further;
            },
            onNotice: (message) => emit({ type: 'notice', message }),
          });
    this.provenance = new Provenance(part, this.#sources);
    this.#runner = new DownloadRunner(offer, part, this.#sources, {
      dispatch,
      pull: exchange.pull,
      sign: exchange.sign,
    });
    this.#lookedUp = this.#lookUp();
  }

  get geometry(): Geometry {
    return this.part.geometry;
  }

  get targetPath(): string {
    return this.part.targetPath;
  }

  get resumedBytes(): number {
    return this.provenance.resumedBytes;
  }

  announcement(): Omit<AddDownload, 'type'> {
    const { offer } = this;
    const { exchange, options } = this.#deps;
    // An earlier run may have been in another room, or have known the file by another address or tag, which signatures
    // cover: what is on disk and checked is vouched for by this member now.
    const held: readonly PieceRecord[] = this.part.resumed.map(({ piece, sha256 }) =>
      exchange.sign(offer, piece, sha256),
    );
    return {
      offer,
      held,
      maxConnections: options.connections ?? DEFAULT_CONNECTIONS,
      firstConnections: this.#added.firstConnections,
      linkPatienceMs: exchange.linkPatienceMs,
    };
  }

  /** This member has looked at the origin itself: what that says of the file. */
  probed(expected: readonly ExpectedDigest[]): void {
    this.#expected = expected;
  }

  /** Returns false for commands that are not a download's business. */
  execute(command: Command): boolean {
    return this.#runner.execute(command);
  }

  addSources(urls: readonly string[]): void {
    this.#sources.add(urls, { trusted: true });
  }

  networkChanged(): void {
    this.#sources.networkChanged();
  }

  async finish(): Promise<FinishedFile | undefined> {
    const { dispatch, emit, exchange } = this.#deps;
    const { download } = this.offer;
    try {
      this.#expected = [...this.#expected, ...(await this.#lookedUp)];
      // In a room it is the members who may have brought what is wrong: the core knows which pieces.
      const doubtOthers = () => (exchange.isShared ? [] : this.provenance.doubtOthers());
      const finishing = await finishPart(this.part, this.#expected, this.#added.pieces, doubtOthers);
      if (finishing.kind === 'finished') {
        dispatch({ type: 'finished', download });
        return finishing.file;
      }
      const { pieces, message } = finishing;
      const geometry = geometryOf(this.offer);
      for (const piece of pieces) this.#sources.doubt(geometry.bytesOfRun({ start: piece, end: piece + 1 }));
      emit({ type: 'notice', message: `${message} What is wrong is fetched again.` });
      const hint = { kind: 'other-address', isKept: true } as const;
      const reason = new DragonloadError('digest-mismatch', message, { hint });
      dispatch({ type: 'suspect', download, pieces, reason });
    } catch (thrown) {
      dispatch({ type: 'failed', download, reason: DragonloadError.from(thrown) });
    }
    return undefined;
  }

  trust(signers: Iterable<MemberId>, me: MemberId): Trust {
    const { imported, resumed } = this.part;
    // What an earlier run left is vouched for by this member now, and yet it came from whom it came.
    const all = [...signers, ...resumed.map(({ signer }) => signer)];
    return trustOf(this.#expected, all, me, imported, this.provenance.mirrored);
  }

  read(target: Uint8Array, offset: number): Promise<void> {
    return this.part.read(target, offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]();
    await this.part[Symbol.asyncDispose]();
    await this.#sources[Symbol.asyncDispose]();
  }

  /** Digests that lie beside the file, when there is none yet that proves anything. Never rejects. */
  async #lookUp(): Promise<readonly ExpectedDigest[]> {
    const { origin, expected, openBeside } = this.#added;
    const { options, signal } = this.#deps;
    if (
      origin === undefined ||
      options.lookUpDigests === false ||
      options.request?.insecure ||
      expected.some(({ algorithm }) => isStrongDigest(algorithm))
    )
      return [];
    const { lookUpDigests } = await import('../../origin/digests/look-up.ts');
    return lookUpDigests(origin.url, { open: openBeside, signal });
  }
}
