import { type DigestKind, digestKind, isDigestHex } from '../core/digest-kinds.ts';
import { safeFileName } from '../core/file-name.ts';
import { isPossibleSize, MAX_PIECE_BYTES } from '../core/geometry.ts';
import type { Job, PieceHashes, StatedDigest } from './job.ts';
import { listError, MAX_ADDRESSES, quoted } from './list-error.ts';
import { MetalinkAddresses } from './metalink-addresses.ts';
import type { XmlElement } from './metalink-elements.ts';
import { safePath } from './safe-path.ts';

/** Most hashes of pieces for one file: a terabyte in pieces of 8 MiB. */
const MAX_PIECE_HASHES = 131_072;
/** Hashes of smaller pieces are ignored: checking them costs more than they save. */
const MIN_PIECE_BYTES = 4096;
/** Most digests of one file: there are fewer kinds. */
const MAX_DIGESTS = 16;
/** Kinds of piece hashes that are used, preferred ones first. */
const PIECE_KINDS: readonly PieceHashes['algorithm'][] = ['sha256', 'sha512', 'sha1', 'md5'];

/** What all files of a Metalink document have in common. */
export interface MetalinkContext {
  /** What the document is called in errors. */
  readonly list: string;
  /** Who states its digests, for people. */
  readonly by: string;
  /** The address of the document: the base of relative addresses. */
  readonly base?: string | undefined;
  readonly onNotice: (message: string) => void;
}

interface Pieces {
  readonly algorithm: PieceHashes['algorithm'];
  readonly pieceBytes: number;
  readonly hashes: string[];
  readonly line: number;
}

const BROKEN = 'Get the Metalink file again, or tell those who publish it.';

/** One `file` of a Metalink document (RFC 5854, 4.1.2), while it is read. Everything throws `bad-list`. */
export class MetalinkFile {
  readonly #context: MetalinkContext;
  readonly #line: number;
  readonly #place: Pick<Job, 'directory' | 'fileName'>;
  readonly #addresses: MetalinkAddresses;
  readonly #checksums: StatedDigest[] = [];
  #sizeBytes: number | undefined;
  #pieces: Pieces | undefined;
  /** The piece hashes that are being read; undefined for those that are not used. */
  #reading: Pieces | undefined;

  constructor(element: XmlElement, context: MetalinkContext) {
    this.#context = context;
    this.#line = element.line;
    this.#addresses = new MetalinkAddresses(MAX_ADDRESSES, context.base);
    this.#place = this.#placeOf(element.attribute('name') ?? '');
  }

  /** RFC 5854, 4.2.14. */
  size(text: string, line: number): void {
    const sizeBytes = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!isPossibleSize(sizeBytes, MAX_PIECE_BYTES)) throw this.#error(line, 'this is not a size');
    if (this.#sizeBytes !== undefined && this.#sizeBytes !== sizeBytes)
      throw this.#error(line, 'the file has two sizes');
    this.#sizeBytes = sizeBytes;
  }

  /** RFC 5854, 4.2.4: a digest of the whole file. Those of unknown kinds are ignored, as it requires. */
  hash(element: XmlElement, text: string): void {
    const kind = digestKind(element.attribute('type') ?? '');
    if (kind === undefined) return;
    const checksum = `${kind}:${this.#hexOf(kind, text, element.line)}`;
    if (
      this.#checksums.length === MAX_DIGESTS ||
      this.#checksums.some((known) => known.checksum === checksum)
    )
      return;
    this.#checksums.push({ checksum, by: this.#context.by });
  }

  /** RFC 5854, 4.1.3: hashes of pieces follow. The best kind among them is used. */
  openPieces(element: XmlElement): void {
    const { line } = element;
    this.#reading = undefined;
    const algorithm = PIECE_KINDS.find((kind) => kind === digestKind(element.attribute('type') ?? ''));
    if (algorithm === undefined) return;
    const rank = PIECE_KINDS.indexOf(algorithm);
    if (this.#pieces !== undefined && PIECE_KINDS.indexOf(this.#pieces.algorithm) <= rank) return;
    const length = element.attribute('length') ?? '';
    const pieceBytes = /^\d{1,15}$/.test(length) ? Number(length) : 0;
    if (pieceBytes === 0) throw this.#error(line, 'the length of the pieces is not a size');
    if (pieceBytes < MIN_PIECE_BYTES) return;
    this.#reading = { algorithm, pieceBytes, hashes: [], line };
    this.#pieces = this.#reading;
  }

  /** In version 3 they are numbered. */
  pieceHash(element: XmlElement, text: string): void {
    const { line } = element;
    if (this.#reading === undefined) return;
    const { algorithm, hashes } = this.#reading;
    if (hashes.length === MAX_PIECE_HASHES) throw this.#error(line, 'the file has too many pieces');
    const number = element.attribute('piece');
    if (number !== undefined && number.trim() !== String(hashes.length))
      throw this.#error(line, 'the pieces are not in order');
    hashes.push(this.#hexOf(algorithm, text, line));
  }

  url(element: XmlElement, text: string): void {
    this.#addresses.add(element, text);
  }

  /** The download, at the end of the element. */
  finish(): Job {
    const [url, ...mirrors] = this.#addresses.best();
    if (url === undefined) {
      const name = this.#place.fileName === undefined ? 'a file' : quoted(this.#place.fileName);
      throw listError(
        this.#context.list,
        this.#line,
        `${name} has no address that begins with https:// or http://`,
        'Look for another Metalink file, or for a link to the file itself.',
      );
    }
    const pieces = this.#checkedPieces();
    return {
      url,
      ...(mirrors.length > 0 ? { mirrors } : {}),
      ...this.#place,
      ...(this.#checksums.length > 0 ? { checksums: this.#checksums } : {}),
      ...(this.#sizeBytes === undefined ? {} : { sizeBytes: this.#sizeBytes }),
      ...(pieces === undefined ? {} : { pieces }),
    };
  }

  /** RFC 5854, 4.1.2.1: a name may have directories in front, and never leads out of the download directory. */
  #placeOf(name: string): Pick<Job, 'directory' | 'fileName'> {
    if (name.trim() === '') return {};
    const path = safePath(name);
    if (path === undefined) {
      const fileName = safeFileName(name);
      const { list, onNotice } = this.#context;
      onNotice(
        `${list}, line ${this.#line}: the name ${quoted(name)} leads out of the directory, and becomes ${quoted(fileName)}.`,
      );
      return { fileName };
    }
    const { directory, fileName } = path;
    return directory === undefined ? { fileName } : { directory, fileName };
  }

  /** Without a size the right number of hashes is unknown, so they are ignored. */
  #checkedPieces(): PieceHashes | undefined {
    if (this.#pieces === undefined || this.#sizeBytes === undefined) return undefined;
    const { algorithm, pieceBytes, hashes, line } = this.#pieces;
    const count = Math.ceil(this.#sizeBytes / pieceBytes);
    if (hashes.length !== count) {
      throw this.#error(
        line,
        `a file of this size has ${count} pieces, and there are ${hashes.length} hashes`,
      );
    }
    return count === 0 ? undefined : { algorithm, pieceBytes, hashes };
  }

  #hexOf(kind: DigestKind, text: string, line: number): string {
    if (isDigestHex(kind, text)) return text.toLowerCase();
    throw this.#error(line, `this is not a digest of the kind ${kind}`);
  }

  #error(line: number, wrong: string): Error {
    return listError(this.#context.list, line, wrong, BROKEN);
  }
}
