import type { DownloadId } from '../../core/ids.ts';
import type { PieceRecord } from '../../core/messages.ts';
import { memberIdOf } from './certificate.ts';
import type { Identity } from './identity.ts';
import { verifySignature } from './signature.ts';

const CONTEXT = Buffer.from('dragonload piece v1\0', 'latin1');

/**
 * A record, signed by this member, that it fetched the piece from the origin and that its SHA-256 is `sha256` (32
 * bytes). `pieceBytes` is the piece size of the download, not the length of this piece.
 */
export function signRecord(
  identity: Identity,
  download: DownloadId,
  pieceBytes: number,
  piece: number,
  sha256: Uint8Array,
): PieceRecord {
  const signature = identity.sign(signedBytes(download, pieceBytes, piece, sha256));
  return { piece, sha256, signer: identity.id, signature };
}

/** Whether the record was signed by the owner of `certificate`, for this download and this piece size. */
export function verifyRecord(
  certificate: Uint8Array,
  download: DownloadId,
  pieceBytes: number,
  record: PieceRecord,
): boolean {
  if (record.sha256.length !== 32 || memberIdOf(certificate) !== record.signer) return false;
  const bytes = signedBytes(download, pieceBytes, record.piece, record.sha256);
  return verifySignature(certificate, bytes, record.signature);
}

/** The signed bytes, as described in docs/protocol.md, "Records". */
function signedBytes(download: DownloadId, pieceBytes: number, piece: number, sha256: Uint8Array): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(piece, 0);
  numbers.writeUInt32BE(pieceBytes, 4);
  return Buffer.concat([CONTEXT, Buffer.from(download, 'hex'), numbers, sha256]);
}
