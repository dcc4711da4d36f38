import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import type { ExpectedDigest } from '../core/expected-digest.ts';
import { numbered } from '../core/file-name.ts';
import { Geometry, MAX_PIECES } from '../core/geometry.ts';
import type { PieceRecord } from '../core/messages.ts';
import { type Claim, claimPart } from './claim.ts';
import type { Algorithm } from './digests/digest.ts';
import type { Block } from './files/block-pool.ts';
import { DataFile } from './files/data-file.ts';
import { onDisk } from './files/disk-error.ts';
import { isStillAt, readInto } from './files/part-file.ts';
import { algorithmFrom, type FinishedPart, type PartOptions } from './files/part-options.ts';
import { hashPieces } from './hashing/hash-pieces.ts';
import { Hasher } from './hashing/hasher.ts';
import { wholeDigests } from './hashing/whole-digests.ts';
import type { ImportedBytes } from './journal/journal-format.ts';
import { nameFinished } from './name-finished.ts';
import { PartPieces } from './part-pieces.ts';
import { PartWriter } from './part-writer.ts';

/** Up to this size a file is hashed on the main thread: starting another thread takes about 30 ms. */
const INLINE_BYTES = 1024 * 1024;

let lastPart = 0;
let lastStream = 0;

/**
 * A file that is being downloaded: pieces are written in place in `NAME.dragonload` as they arrive, before they are
 * checked; a journal says which are kept; the whole-file digests are computed up to the first gap, so that they are
 * ready soon after the last piece.
 *
 * Writing happens in the background. Once it has failed, every call rejects with that `DragonloadError` (`disk-full`,
 * `unwritable`, `internal`), and part and journal stay as they are.
 */
export class Part implements AsyncDisposable {
  readonly partPath: string;
  readonly #id = ++lastPart;
  readonly #claim: Claim;
  readonly #data: DataFile;
  readonly #hasher: Hasher;
  readonly #algorithms: readonly Algorithm[];
  readonly #pieces: PartPieces;
  readonly #writers = new Set<PartWriter>();
  #geometry: Geometry;
  #targetPath: string;
  #resumed: readonly PieceRecord[] = [];
  #state: 'open' | 'finished' | 'closed' = 'open';

  private constructor(
    claim: Claim,
    data: DataFile,
    { geometry, pieceDigest = 'sha256' }: PartOptions,
    algorithms: readonly Algorithm[],
  ) {
    this.#claim = claim;
    this.#data = data;
    this.#geometry = geometry;
    this.#algorithms = algorithms;
    this.partPath = claim.partPath;
    this.#targetPath = join(claim.directory, numbered(claim.name, claim.number));
    const isSmall = geometry.sizeBytes !== undefined && geometry.sizeBytes <= INLINE_BYTES;
    this.#hasher = isSmall ? Hasher.inline() : Hasher.thread();
    // In a download alone no byte is written twice, except after a transfer broke off.
    this.#hasher.open(this.#id, claim.file.fd, algorithms, pieceDigest === 'crc32');
    this.#pieces = new PartPieces({
      ...{ part: this.#id, data, hasher: this.#hasher, journal: claim.journal, pieceDigest },
      geometry: () => this.#geometry,
      mustBeOpen: () => this.#mustBe('open'),
    });
  }

  /**
   * Finds or makes the part file, locks it against other processes, and checks the pieces of an earlier run. Throws
   * `part-busy`, `part-version`, `disk-full` (before a byte is written), `unwritable`, and `usage` for an unknown
   * digest.
   */
  static async open(options: PartOptions): Promise<Part> {
    const { geometry, identity, fileName, directory, output, signal, onNotice = () => {} } = options;
    const algorithms = [...new Set<Algorithm>(['sha256', ...(options.digests ?? []).map(algorithmFrom)])];
    if ((geometry.pieceCount ?? 0) > MAX_PIECES) {
      throw new DragonloadError('unwritable', `${fileName} would have more than ${MAX_PIECES} pieces.`);
    }
    signal?.throwIfAborted();
    let data: DataFile | undefined;
    let part: Part | undefined;
    const claim = await onDisk(join(directory, output ?? fileName), () =>
      claimPart({
        ...options,
        output,
        identity: { ...identity, sizeBytes: geometry.sizeBytes },
        pieceBytes: geometry.pieceBytes,
        onNotice,
        onError: (error) => data?.fail(error),
      }),
    );
    const sizeBytes = () => (part?.geometry ?? geometry).sizeBytes;
    data = new DataFile(claim.file, claim.partPath, options.onError ?? (() => {}), sizeBytes);
    part = new Part(claim, data, options, algorithms);
    try {
      await part.#resume(options);
      return part;
    } catch (thrown) {
      await part[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** Where the file will go, unless the name is taken by then; after `finish`, where it went. */
  get targetPath(): string {
    return this.#targetPath;
  }

  /** Pieces of an earlier run, each read again and found to match the journal, in order. */
  get resumed(): readonly PieceRecord[] {
    return this.#resumed;
  }

  /** The bytes from a leftover of another program, in this run or an earlier one; undefined: none. */
  get imported(): ImportedBytes | undefined {
    return this.#claim.imported;
  }

  /** The pieces that are held by now, in order. */
  get held(): readonly number[] {
    return this.#pieces.held;
  }

  /** How the file is cut; its size may become known only later. */
  get geometry(): Geometry {
    return this.#geometry;
  }

  /**
   * A writer for bytes from `start` to before `end` (undefined: to the end of the file). `onWritten` is called for
   * bytes that are on disk, in order and without a gap. Several writers may work at once, even on the same piece; a
   * kept piece is not written again, and counts as written.
   */
  writer(
    start: number,
    end: number | undefined,
    onWritten: (start: number, end: number) => void,
  ): PartWriter {
    this.#mustBe('open');
    const limit = this.#geometry.sizeBytes ?? MAX_PIECES * this.#geometry.pieceBytes;
    const put = (stream: number, block: Block, length: number, offset: number) =>
      this.#pieces.put(stream, block, length, offset);
    const endStream = (stream: number) => {
      this.#writers.delete(writer);
      this.#hasher.endStream(stream);
    };
    const sink = { failure: () => this.#data.failure, put, endStream };
    const writer = new PartWriter(sink, ++lastStream, start, Math.min(end ?? limit, limit), onWritten);
    this.#writers.add(writer);
    return writer;
  }

  /**
   * The digest of a piece as it is on disk, 32 bytes of SHA-256 or 4 of CRC-32 as the part was opened; all its bytes
   * must have been reported written.
   */
  hash(piece: number): Promise<Uint8Array> {
    return this.#pieces.hash(piece);
  }

  /**
   * Keeps a piece: it is journaled, and never written again. Its hash must be that of the record; if it was written to
   * since `hash`, it is hashed once more. Throws `internal` when it does not match the record.
   */
  keep(record: PieceRecord): Promise<void> {
    return this.#pieces.keep(record);
  }

  /**
   * A piece was kept because of a record that proved wrong: from now on it is missing, and may be written again. A
   * `keep` of it that is under way has no effect.
   */
  unkeep(piece: number): void {
    this.#pieces.unkeep(piece);
  }

  /** Fills all of `target` with the bytes from `offset` on, for another member. Throws when the file has fewer. */
  read(target: Uint8Array, offset: number): Promise<void> {
    return readInto(this.#claim.file, target, offset);
  }

  /** Sets the size, in bytes, once it is known. Throws `origin-changed` if another size is known already. */
  async setSize(sizeBytes: number): Promise<void> {
    this.#mustBe('open');
    const known = this.#geometry.sizeBytes;
    if (known === sizeBytes) return;
    if (known !== undefined) {
      throw new DragonloadError(
        'origin-changed',
        `The file has ${sizeBytes} bytes now; it had ${known} before.`,
        {
          hint: { kind: 'start-over' },
        },
      );
    }
    this.#geometry = new Geometry(sizeBytes, this.#geometry.pieceBytes);
    for (const writer of this.#writers) writer.trim(sizeBytes);
    this.#claim.journal.addSize(sizeBytes);
    await this.#data.drain();
    await onDisk(this.partPath, () => this.#claim.file.truncate(sizeBytes));
    this.#pieces.advance();
  }

  /**
   * To be called when every piece is held: checks the whole file and gives it its name, never replacing another file.
   * Throws `digest-mismatch`, with the part kept as it is, `disk-full` or `unwritable`. Reading goes on until disposal.
   */
  async finish(expected: readonly ExpectedDigest[] = []): Promise<FinishedPart> {
    this.#mustBe('open');
    const { sizeBytes } = this.#geometry;
    if (sizeBytes === undefined || !this.#pieces.isComplete) {
      throw new DragonloadError('internal', 'The file cannot be finished: pieces are missing.');
    }
    await this.#data.drain();
    this.#data.check();
    const { path, digests } = await nameFinished(this.#claim, sizeBytes, expected, () =>
      wholeDigests(this.#hasher, this.#id, sizeBytes, this.#algorithms, expected),
    );
    this.#targetPath = path;
    this.#state = 'finished';
    await this.#claim.journal.remove();
    await this.#claim.lock.release();
    return { path, sha256: digests.sha256 ?? '', digests };
  }

  /**
   * The hashes, in lower-case hex, of the pieces of `pieceBytes` that somebody else has cut the file into, as it is on
   * disk; its size must be known and all of it written. Before `finish` and after it. Throws `usage` for an unknown
   * digest.
   */
  async hashPieces(algorithm: string, pieceBytes: number): Promise<readonly string[]> {
    await this.#data.drain();
    const { sizeBytes } = this.#geometry;
    if (this.#state === 'closed' || sizeBytes === undefined) this.#mustBe('open');
    return hashPieces(this.#hasher, this.#id, sizeBytes ?? 0, pieceBytes, algorithmFrom(algorithm));
  }

  /** Removes the part and its journal, and closes. After `finish` it only closes. */
  async discard(): Promise<void> {
    if (this.#state === 'open') {
      await this.#stop();
      await onDisk(this.partPath, async () => {
        // A file that has replaced it is left alone.
        if (await isStillAt(this.#claim.file, this.partPath)) await rm(this.partPath, { force: true });
      });
      await this.#claim.journal.remove();
    }
    await this[Symbol.asyncDispose]();
  }

  /**
   * Writes all bytes that were handed in, saves the journal and closes. Never rejects because of an earlier failure.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    await this.#stop();
    await this.#claim.journal.close();
    await this.#claim.file.close();
    await this.#claim.lock.release();
  }

  #isStopped = false;

  async #stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await Promise.allSettled([...this.#writers].map((writer) => writer.close()));
    await this.#data.drain();
    await this.#hasher.close(this.#id);
  }

  async #resume(options: PartOptions): Promise<void> {
    const { onProgress, signal } = options;
    const { good, damaged } = await this.#pieces.resume(this.#claim.records, onProgress, signal);
    this.#resumed = good;
    if (damaged > 0)
      options.onNotice?.(`${damaged} pieces of the earlier part were damaged and are fetched again.`);
  }

  #mustBe(state: 'open'): void {
    if (this.#state !== state)
      throw new DragonloadError('internal', `The part file ${this.partPath} is ${this.#state}.`);
  }
}
