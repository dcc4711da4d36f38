import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { MAX_PIECE_BYTES, MAX_PIECES, MIN_PIECE_BYTES } from '../../core/geometry.ts';
import type { FileIdentity, PieceRecord } from '../../core/messages.ts';
import { pieceDigestOf } from '../digests/digest.ts';
import { codeOf } from '../files/disk-error.ts';
import { NO_FOLLOW } from '../files/part-file.ts';

/** The version this program writes, and the highest that it reads. */
export const JOURNAL_VERSION = 1;
const MAX_HEADER_CHARS = 256 * 1024;
const MAX_LINE_CHARS = 1024;
/**
 * A piece is journaled again only after it was found damaged; a journal with more lines was not written by this
 * program.
 */
const MAX_LINES = 4 * MAX_PIECES;

/** The signer of a record that nobody has signed. */
export const NOBODY = '0'.repeat(64);
export const UNSIGNED = new Uint8Array(64);

/** What is known of bytes that another program has fetched. */
export interface ImportedBytes {
  /** Bytes that were taken over. */
  readonly bytes: number;
  /** Bytes of them that were compared with the origin and equal. */
  readonly comparedBytes: number;
}

/** The download that a part file belongs to. */
export interface JournalHeader {
  readonly url: string;
  readonly identity: FileIdentity;
  readonly pieceBytes: number;
  /** Absolute path that the finished file should get. */
  readonly target: string;
  /** The part began as a leftover of another program. */
  readonly imported?: ImportedBytes | undefined;
}

export type JournalReading =
  | { readonly kind: 'absent' }
  /** The first line is not a header: nothing in the journal can be used. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'newer'; readonly version: number }
  | {
      readonly kind: 'read';
      readonly header: JournalHeader;
      /** By piece; of two lines for one piece, the later one. */
      readonly records: ReadonlyMap<number, PieceRecord>;
      /** Bytes up to the end of the last valid line: the rest is torn or damaged, and is cut off. */
      readonly goodBytes: number;
    };

/** The first line of a journal, with its line feed. */
export function headerLine(header: JournalHeader): string {
  return `${JSON.stringify({ v: JOURNAL_VERSION, ...header })}\n`;
}

/**
 * The line of a kept piece: its number, hash, signer and signature. A CRC-32 is for this member alone, and is not
 * signed.
 */
export function recordLine(record: PieceRecord): string {
  if (pieceDigestOf(record.sha256) === 'crc32') {
    return `${JSON.stringify({ p: record.piece, c: Buffer.from(record.sha256).toString('hex') })}\n`;
  }
  const h = Buffer.from(record.sha256).toString('hex');
  const s = Buffer.from(record.signature).toString('base64');
  return `${JSON.stringify({ p: record.piece, h, m: record.signer, s })}\n`;
}

/** The line that cancels earlier lines for a piece. */
export function dropLine(piece: number): string {
  return `${JSON.stringify({ drop: piece })}\n`;
}

/** The line with the size of a file of which it was unknown at first, in bytes. */
export function sizeLine(sizeBytes: number): string {
  return `${JSON.stringify({ size: sizeBytes })}\n`;
}

/**
 * Reads a journal line by line. A last line without its line feed was torn by a crash and is ignored; after a
 * malformed line the rest is ignored. Throws only system errors other than "not there".
 */
export async function readJournal(path: string): Promise<JournalReading> {
  const records = new Map<number, PieceRecord>();
  let header: JournalHeader | undefined;
  let goodBytes = 0;
  let lines = 0;
  try {
    await using file = await open(path, constants.O_RDONLY | NO_FOLLOW);
    if (!(await file.stat()).isFile()) return { kind: 'broken' };
    for await (const line of linesOf(file.createReadStream({ autoClose: false }))) {
      const value = parsed(line);
      if (header === undefined) {
        const version = value?.v;
        if (typeof version === 'number' && Number.isInteger(version) && version > JOURNAL_VERSION) {
          return { kind: 'newer', version };
        }
        header = version === JOURNAL_VERSION ? headerFrom(value) : undefined;
        if (header === undefined) return { kind: 'broken' };
      } else {
        if (line.length > MAX_LINE_CHARS || ++lines > MAX_LINES || value === undefined) break;
        const record = recordFrom(value);
        if (record !== undefined) records.set(record.piece, record);
        else if (isSize(value.drop)) records.delete(value.drop);
        else if (isSize(value.size))
          header = { ...header, identity: { ...header.identity, sizeBytes: value.size } };
        else break;
      }
      goodBytes += line.length + 1;
    }
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return { kind: 'absent' };
    // A link at its path was not made by this program.
    if (codeOf(thrown) === 'ELOOP') return { kind: 'broken' };
    throw thrown;
  }
  return header === undefined ? { kind: 'broken' } : { kind: 'read', header, records, goodBytes };
}

/**
 * Lines that end with a line feed, as latin1 so that characters are bytes; a line that is too long ends the reading.
 */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_HEADER_CHARS) return;
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (line.length > MAX_HEADER_CHARS) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(line, 'latin1').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function headerFrom(value: Record<string, unknown> | undefined): JournalHeader | undefined {
  const { url, identity, pieceBytes, target, imported } = value ?? {};
  if (typeof url !== 'string' || typeof target !== 'string' || typeof pieceBytes !== 'number')
    return undefined;
  const isPieceSize =
    pieceBytes >= MIN_PIECE_BYTES && pieceBytes <= MAX_PIECE_BYTES && Number.isInteger(Math.log2(pieceBytes));
  if (!isPieceSize || typeof identity !== 'object' || identity === null) return undefined;
  const { sizeBytes, etag, lastModified }: Record<string, unknown> = { ...identity };
  if (!(sizeBytes === undefined || isSize(sizeBytes)) || !isText(etag) || !isText(lastModified))
    return undefined;
  return {
    url,
    identity: { sizeBytes, etag, lastModified },
    pieceBytes,
    target,
    ...(imported === undefined ? {} : { imported: importedFrom(imported) }),
  };
}

/** Even a malformed line shows that bytes were imported; malformed numbers count as never compared. */
function importedFrom(value: unknown): ImportedBytes {
  const { bytes, comparedBytes }: Record<string, unknown> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  if (!isSize(bytes) || !isSize(comparedBytes) || comparedBytes > bytes)
    return { bytes: isSize(bytes) ? bytes : 0, comparedBytes: 0 };
  return { bytes, comparedBytes };
}

function recordFrom({ p, c, h, m, s }: Record<string, unknown>): PieceRecord | undefined {
  if (typeof p !== 'number' || !Number.isInteger(p) || p < 0 || p >= MAX_PIECES) return undefined;
  if (typeof c === 'string' && /^[0-9a-f]{8}$/.test(c)) {
    return { piece: p, sha256: new Uint8Array(Buffer.from(c, 'hex')), signer: NOBODY, signature: UNSIGNED };
  }
  if (typeof h !== 'string' || !/^[0-9a-f]{64}$/.test(h)) return undefined;
  if (typeof m !== 'string' || !/^[0-9a-f]{64}$/.test(m)) return undefined;
  // 64 bytes of signature are 86 characters of base64 and two of padding.
  if (typeof s !== 'string' || !/^[A-Za-z0-9+/]{86}==$/.test(s)) return undefined;
  return {
    piece: p,
    sha256: new Uint8Array(Buffer.from(h, 'hex')),
    signer: m,
    signature: new Uint8Array(Buffer.from(s, 'base64')),
  };
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
