import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { fileNameOf } from './file-name.ts';

/** A content coding (RFC 9110, 8.4.1; zstd: RFC 8878) that can be recognised by its first bytes, and decoded. */
interface Coding {
  readonly decoder: () => Transform;
  /** Whether `bytes`, at least `HEAD_BYTES` of them, begin like output of the coding. */
  readonly began: (head: Buffer) => boolean;
  /** Names of files that are themselves in the format of the coding. */
  readonly names: RegExp;
  readonly types: RegExp;
}

export type CodingName = 'gzip' | 'deflate' | 'zstd';

/** Bytes of a body that are needed to recognise a coding. */
const HEAD_BYTES = 4;

const CODINGS: Readonly<Record<CodingName, Coding>> = {
  gzip: {
    decoder: createGunzip,
    began: (head) => head.readUInt16BE(0) === 0x1f8b,
    names: /\.(gz|tgz|taz|svgz|emz|wmz|vgz|adz)$/i,
    types: /^application\/(x-)?(gzip|gunzip|tgz|gtar|compressed-tar|gzip-compressed)\s*(;|$)/i,
  },
  deflate: {
    decoder: createInflate,
    // RFC 1950 (zlib), 2.2: the method, and a check of the first two bytes.
    began: (head) => (head[0]! & 15) === 8 && head.readUInt16BE(0) % 31 === 0,
    names: /\.(zz|zlib)$/i,
    types: /^application\/zlib\s*(;|$)/i,
  },
  zstd: {
    decoder: createZstdDecompress,
    began: (head) => head.readUInt32LE(0) === 0xfd2fb528,
    names: /\.(zst|tzst|zstd)$/i,
    types: /^application\/(x-)?zstd\s*(;|$)/i,
  },
};

/**
 * The coding that has to be decoded to get the file: the origin applied it although it was asked not to. Undefined for
 * a file that has this format itself, such as an archive that a server declares as coded; it is saved as it comes. The
 * URLs are the given one and the one that it led to.
 */
export function codingOf(headers: IncomingHttpHeaders, given: URL, final: URL): CodingName | undefined {
  const label = headers['content-encoding']?.trim().toLowerCase().replace(/^x-/, '');
  if (label === undefined || !Object.hasOwn(CODINGS, label)) return undefined;
  const { names, types } = CODINGS[label as CodingName];
  const name = fileNameOf(headers['content-disposition'], given, final);
  const isItsOwn = names.test(name) || types.test(headers['content-type']?.trim() ?? '');
  return isItsOwn ? undefined : (label as CodingName);
}

/**
 * The decoded body; unchanged when it does not begin like output of the coding. Ends with an error when
 * the body breaks off, or cannot be decoded, and at once when it is destroyed. Holds a few chunks at most.
 */
export function decoded(response: IncomingMessage, coding: CodingName): Readable {
  const plain = new PassThrough();
  undo(response, CODINGS[coding], plain).catch((thrown: unknown) => {
    plain.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  return plain;
}

async function undo(
  response: IncomingMessage,
  { decoder, began }: Coding,
  plain: PassThrough,
): Promise<void> {
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const body = (async function* () {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  if (head.length < HEAD_BYTES || !began(head)) await pipeline(body, plain);
  else await pipeline(body, decoder(), plain);
}
